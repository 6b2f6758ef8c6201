// Package lint finds what is wrong with definitions, without a call, and writes it for
// programs: as JSON for those that mend definitions, and as SARIF 2.1.0 for those that
// show findings beside the code.
//
// A [Finding] is one thing at one place: an error, which keeps the definition from being
// read, a warning, or a note about what only answers decide. [Check] returns all of a
// file. The names of fields, severities and rules do not change.
package lint

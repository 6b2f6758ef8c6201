// Package logs is how a run speaks in its log: without secrets, and without the
// name of a stream in a line that has it as an attribute.
package logs

// Package inputs reads what a run is given: the config files with the environment and what
// they refer to, the definition that they name, the catalog or the --select in its place,
// and the state; and which log an orchestrator asks for. Its flags are embedded in the
// commands that take such files.
//
// Promises.
//
//   - What cannot be used is an error that names the flag and the file. No call was made by
//     then, but for the fields of streams that --select names.
//   - A file is read up to a bound, in UTF-8.
package inputs

package settings

import "strings"

// Problem is one thing wrong with what a user gave. It holds no value
// that may be a secret.
type Problem struct {
	File    string // or the environment variable
	Pointer string // JSON pointer to the key
	Msg     string
}

// Error returns the problem on one line: file: pointer: message.
func (p Problem) Error() string {
	if p.Pointer == "" || p.Pointer == "/" {
		return p.File + ": " + p.Msg
	}
	return p.File + ": " + p.Pointer + ": " + p.Msg
}

// Problems are all problems of a config. It is never empty as an error.
type Problems []Problem

// Error returns the problems, one on a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

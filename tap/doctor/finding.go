package doctor

import "fmt"

// Level says what a finding means for runs.
type Level string

const (
	OK      Level = "ok"
	Warning Level = "warning" // runs work, and may fail by it
	Failure Level = "failure" // runs fail by it
)

// Finding is what was found of one thing.
type Finding struct {
	Check string `json:"check"`
	Level Level  `json:"level"`
	Text  string `json:"text"`
}

// found returns a finding.
func found(check string, level Level, format string, args ...any) Finding {
	return Finding{check, level, fmt.Sprintf(format, args...)}
}

// Failed reports whether one of the findings is a failure.
func Failed(all []Finding) bool {
	for _, f := range all {
		if f.Level == Failure {
			return true
		}
	}
	return false
}

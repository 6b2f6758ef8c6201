// Package recorded is how an answer lies in the journal: without its secrets, with
// headers of this program's own, and fit to be shown to people.
package recorded

// Headers of exchanges on disk that the API did not send. A body that held secrets is
// kept decoded, with the secrets sealed.
const (
	SealedHeader = "Tap-Rest-Sealed"
	URLHeader    = "Tap-Rest-Url" // what was answered, after redirects
	// UnchangedHeader says how many records the answer has that did not change: its body
	// is what stands beside them.
	UnchangedHeader = "Tap-Rest-Unchanged"
	// FilesHeader says how many files the export's job has of which the answer is one.
	FilesHeader = "Tap-Rest-Files"
	// UnendedHeader says that the answer named no length, and ended where its connection did.
	UnendedHeader = "Tap-Rest-Unended"
)

//go:build !unix

package workdir

import "io/fs"

// own: on these systems the temporary folder is the user's own.
func own(fs.FileInfo) bool { return true }

//go:build !unix

package console

// windows says that the system is Windows, whose terminals have no TERM.
const windows = true

// onResize does nothing: the next lines that are drawn have the new size.
func onResize(func()) (end func()) { return func() {} }

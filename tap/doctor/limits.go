package doctor

// leastFiles is how many open files are told to be few: each partition that is walked has
// some, and each connection one.
const leastFiles = 256

// Limits looks at what the process may have.
func Limits() []Finding {
	n, known := openFiles()
	switch {
	case !known:
		return nil
	case n < leastFiles:
		return []Finding{found("open files", Warning, "%d may be open at a time, which are few: ulimit -n 1024", n)}
	}
	return []Finding{found("open files", OK, "%d may be open at a time", n)}
}

//go:build !linux && !darwin

package doctor

// freeBytes knows nothing here.
func freeBytes(string) (n uint64, known bool) { return 0, false }

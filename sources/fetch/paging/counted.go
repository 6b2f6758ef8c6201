package paging

import "fmt"

// counted writes a number of things: 1 record, 250 records.
func counted(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

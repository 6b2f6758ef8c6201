package journal

import (
	"fmt"
	"os"
	"strconv"
)

// holder says who wrote a lock file, for a message.
func holder(f *os.File) string {
	id := holderID(f)
	if id == 0 {
		return "another process"
	}
	return fmt.Sprintf("process %d", id)
}

// holderID is 0 where the file does not say.
func holderID(f *os.File) int {
	b := make([]byte, 20)
	n, _ := f.ReadAt(b, 0)
	id, err := strconv.Atoi(string(b[:n]))
	if err != nil {
		return 0
	}
	return id
}

package journal

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain also is the processes that tests start.
func TestMain(m *testing.M) {
	switch dir := os.Getenv("JOURNAL_TEST_DIR"); os.Getenv("JOURNAL_TEST_DO") {
	case "hold":
		hold(dir)
	case "write":
		write(dir)
	default:
		goleak.VerifyTestMain(m)
	}
}

// hold opens a journal and keeps it until it is killed.
func hold(dir string) {
	j, err := Open(dir, Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("open")
	<-time.After(time.Minute) // should nobody kill it
	_ = j.Close()
}

// write goes on with a partition until it is killed, and says of each exchange
// that it is synced.
func write(dir string) {
	j, err := Open(dir, Options{SegmentBytes: 50_000})
	if err == nil && len(j.Passes.All()) == 0 {
		err = j.Passes.Begin(Pass{ID: "a", AsOf: noon, Begun: noon})
	}
	for n := 0; err == nil; n++ {
		if _, _, ok := j.Lookup(Key{"a", "p", 0, n}); ok {
			continue
		}
		if _, err = j.Append(exchange("a", "p", 0, n, 0)); err == nil && n%4 == 0 {
			err = j.Sync()
			fmt.Println(n)
		}
	}
	fmt.Println(err)
	os.Exit(1)
}

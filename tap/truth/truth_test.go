package truth_test

import (
	"flag"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

var (
	from  = flag.Uint64("from", 1, "the first seed")
	lives = flag.Uint64("lives", 250, "how many seeds")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestLives lets lives pass, each of a row of runs.
func TestLives(t *testing.T) {
	for seed := *from; seed < *from+*lives; seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(time.Date(2025, 3, 20, 11, 17, 13, 250e6, time.UTC)))
				newLife(t, seed).live(10)
			})
		})
	}
}

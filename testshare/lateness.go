package testshare

import (
	"testing"
	"time"
)

// Lateness returns how late timers of this process were at most, since it was called.
func Lateness() func() time.Duration {
	tick := time.NewTicker(5 * time.Millisecond)
	over, most := make(chan struct{}), make(chan time.Duration)
	go func() {
		defer tick.Stop()
		late, last := time.Duration(0), time.Now()
		for {
			select {
			case <-tick.C:
				now := time.Now()
				late, last = max(late, now.Sub(last)-5*time.Millisecond), now
			case <-over:
				most <- late
				return
			}
		}
	}()
	return func() time.Duration {
		close(over)
		return <-most
	}
}

// Blame returns what says that something came at the wrong time: on a machine that is so
// busy that its timers are late, that is no fault of what is tested.
func Blame(t *testing.T, late time.Duration) func(format string, values ...any) {
	if late > 40*time.Millisecond {
		t.Logf("this machine is too busy to tell when something is sent: a timer was %v late", late)
		return t.Logf
	}
	return t.Errorf
}

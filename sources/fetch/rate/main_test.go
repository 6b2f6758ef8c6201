package rate

import (
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tap-rest/tap-rest/sources"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// test are limits whose requests are over in the order in which they started.
type test struct {
	*Limits
	started map[string][]*Started
}

func newTest(declared ...sources.RateLimit) *test {
	return &test{New(declared, Sharing{Log: slog.New(slog.DiscardHandler)}), map[string][]*Started{}}
}

func (l *test) take(stream, path string, at time.Time) (time.Duration, Why) {
	s, wait := l.Take(Ask{Stream: stream, Path: path}, at)
	if s != nil {
		l.started[stream] = append(l.started[stream], s)
	}
	return wait.For, wait.Why
}

func (l *test) done(stream string) {
	l.Done(l.started[stream][0], now)
	l.started[stream] = l.started[stream][1:]
}

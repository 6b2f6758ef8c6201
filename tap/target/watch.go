package target

import (
	"io"
	"log/slog"
	"sync"
	"time"
)

const (
	// slow is how long a target may take nothing before the log says so.
	slow = time.Minute
	// piece is how much is written at a time: what a pipe holds, so that a target which
	// takes something is known to.
	piece = 64 << 10
)

// watched writes to a target, and tells where that takes nothing for long.
type watched struct {
	to   io.Writer
	name string
	log  *slog.Logger

	mu   sync.Mutex
	slow time.Duration // twice as long after each time that the log said so
	told bool          // of the write under way
}

// Watch returns a writer to a target of that name, for one goroutine at a time. The log
// says it where the target takes nothing for a minute, and when it goes on.
func Watch(to io.Writer, name string, log *slog.Logger) io.Writer {
	return &watched{to: to, name: name, log: log, slow: slow}
}

// Write writes lines.
func (w *watched) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = w.piece(p[n:min(len(p), n+piece)])
		n += m
	}
	return n, err
}

func (w *watched) piece(p []byte) (int, error) {
	w.mu.Lock()
	began := time.Now()
	w.told = false
	timer := time.AfterFunc(w.slow, w.tell)
	w.mu.Unlock()
	n, err := w.to.Write(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	if timer.Stop(); w.told && err == nil {
		w.log.Info("the target takes lines again", "target", w.name, "after", time.Since(began).Round(time.Second).String())
	}
	return n, err
}

func (w *watched) tell() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = true
	w.log.Warn("the target has taken nothing for "+w.slow.String()+": the run waits until it goes on", "target", w.name)
	w.slow *= 2
}

// WatchEnd tells where a target that got all of its lines has not ended for a minute, and
// again each time that twice as long has passed, until stop is called.
func WatchEnd(name string, log *slog.Logger) (stop func()) {
	w := &waiting{name: name, log: log, slow: slow, began: time.Now()}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(w.slow, w.tell)
	return w.stop
}

// waiting waits for a target's end.
type waiting struct {
	name  string
	log   *slog.Logger
	began time.Time

	mu    sync.Mutex
	slow  time.Duration
	timer *time.Timer
	over  bool
}

func (w *waiting) tell() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	w.log.Warn("the target has got all lines, and has not ended for "+time.Since(w.began).Round(time.Second).String()+": the run waits until it does, and keeps no state that it has not confirmed", "target", w.name)
	w.slow *= 2
	w.timer.Reset(w.slow - time.Since(w.began))
}

func (w *waiting) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	w.timer.Stop()
}

package console

import (
	"bytes"
	"io"
	"sync"
	"time"
)

const (
	// mostWaiting is how much of the log may wait for a stderr that nobody
	// reads, in bytes: some thousand lines.
	mostWaiting = 1 << 20
	// patience is how long a line is waited for until stderr counts as blocked.
	patience = 250 * time.Millisecond
	// lastWords is how long the end of the program waits for a stderr that is
	// blocked.
	lastWords = 2 * time.Second
)

// stderr is a writer of whole lines that never blocks for long: where nobody
// reads them, they wait in bounded memory, the oldest are left out, and a line
// in their place says how many. Of those who write, each waits for its own line
// as long as stderr is not blocked, so that lines stand in the order in which
// things happen. It may be used from any goroutine.
type stderr struct {
	out     io.Writer
	leftOut func(lines int) []byte // the line that stands for lines

	mu      sync.Mutex
	waiting []byte
	lost    int           // lines before those that wait
	drained chan struct{} // closed when none wait any more; nil: none do
	blocked bool
}

// Write hands whole lines on. It does not fail: there is nobody to tell.
func (s *stderr) Write(lines []byte) (int, error) {
	drained, blocked := s.queue(lines)
	if !blocked && !closedWithin(drained, patience) {
		s.mu.Lock()
		s.blocked = s.drained != nil
		s.mu.Unlock()
	}
	return len(lines), nil
}

// queue adds lines to those that wait, and returns what is closed when all of
// them are written.
func (s *stderr) queue(lines []byte) (drained <-chan struct{}, blocked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, lines...)
	if len(s.waiting) > mostWaiting {
		s.drop(len(s.waiting) - mostWaiting*3/4)
	}
	if s.drained == nil {
		s.drained = make(chan struct{})
		go s.drain()
	}
	return s.drained, s.blocked
}

// drop leaves the oldest lines out, at least so many bytes; mu is held.
func (s *stderr) drop(least int) {
	end := len(s.waiting)
	if i := bytes.IndexByte(s.waiting[least-1:], '\n'); i >= 0 {
		end = least + i
	}
	s.lost += bytes.Count(s.waiting[:end], []byte("\n"))
	s.waiting = append(s.waiting[:0], s.waiting[end:]...)
}

// drain writes until no lines wait.
func (s *stderr) drain() {
	for {
		lines := s.take()
		if lines == nil {
			return
		}
		_, _ = s.out.Write(lines) // there is nobody to tell
	}
}

// take returns the lines that wait, nil where none do.
func (s *stderr) take() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 && s.lost == 0 {
		close(s.drained)
		s.drained, s.blocked = nil, false
		return nil
	}
	lines := s.waiting
	if s.lost > 0 {
		lines = append(s.leftOut(s.lost), lines...)
	}
	s.waiting, s.lost = nil, 0
	return lines
}

// idle reports whether no lines wait.
func (s *stderr) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drained == nil
}

// flush waits for the lines that wait, as long as the end of a program may.
func (s *stderr) flush() {
	s.mu.Lock()
	drained := s.drained
	s.mu.Unlock()
	if drained != nil {
		closedWithin(drained, lastWords)
	}
}

// closedWithin reports whether c is closed within a time.
func closedWithin(c <-chan struct{}, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c:
		return true
	case <-timer.C:
		return false
	}
}

package testrig

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"
)

// Patience is how long something is waited for that must come.
const Patience = 2 * time.Minute

// Output is what somebody writes, a process or a log, for others to read while it is
// written.
type Output struct {
	mu   sync.Mutex
	text bytes.Buffer
	news chan struct{} // closed at the next write
}

// Write adds to the output.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.news != nil {
		close(o.news)
		o.news = nil
	}
	return o.text.Write(p)
}

// String is what was written by now.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// Await waits until a text is in the output. Any goroutine may call it.
func (o *Output) Await(t testing.TB, text string) {
	t.Helper()
	late := time.After(Patience)
	for {
		o.mu.Lock()
		if strings.Contains(o.text.String(), text) {
			o.mu.Unlock()
			return
		}
		if o.news == nil {
			o.news = make(chan struct{})
		}
		news := o.news
		o.mu.Unlock()
		select {
		case <-news:
		case <-late:
			t.Errorf("%q is not written", text)
			return
		}
	}
}

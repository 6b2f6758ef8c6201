package console

import (
	"bytes"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/tap-rest/tap-rest/tap/report"
)

// Mode is how a run shows how far it is.
type Mode string

// The modes.
const (
	Auto  Mode = "auto"  // lines that are drawn over and over, where that does no harm; else plain
	Live  Mode = "live"  // those, also where the reader of stdout may write to the same terminal
	Plain Mode = "plain" // a line of the log now and then
	Off   Mode = "off"
)

const (
	// redrawEvery is how often the screen changes at most.
	redrawEvery = 200 * time.Millisecond
	// plainEvery is how often a line of the log says how far the run is, where that has
	// changed, and calmEvery where it has not.
	plainEvery, calmEvery = 30 * time.Second, 5 * time.Minute
	// mostLines is how many lines are drawn at most.
	mostLines = 12
)

// live draws how far a run is at the bottom of a terminal. The console's lock is held
// by whoever uses it.
type live struct {
	area  area
	most  int                        // lines
	size  func() (width, height int) // of the terminal
	lines func(most int) []string    // what is to be drawn now
	drawn time.Time
	ended func() // stops hearing of a terminal that changes its size
}

// draw makes the bytes that bring the screen up to date.
func (l *live) draw() []byte {
	width, height := l.size()
	return l.area.draw(l.lines(min(l.most, max(1, height-1))), width)
}

// above makes the text that puts lines of the log above what is drawn. Where nobody reads
// stderr at present, what is drawn is taken off until somebody does.
func (l *live) above(text string, reads bool) string {
	width, _ := l.size()
	if !reads {
		return string(l.area.erase(width)) + text
	}
	return string(l.area.above(text, width))
}

// Watch returns what shows snapshots of a run, nil where nobody wants to see any. stdout is
// where records go, nil where a target of the run's own takes them.
func (c *Console) Watch(mode Mode, stdout *os.File) func(*report.Snapshot) {
	if c.airbyte != nil || mode == Off {
		return nil
	}
	progress := &report.Progress{}
	most := 0
	if !c.json {
		most = drawable(mode, c.file, stdout, os.Getenv)
	}
	if most == 0 {
		return c.plainly(progress)
	}
	show := c.drawing(progress, most, sizeOf(c.file))
	end := onResize(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.redraw()
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live.ended = end
	return show
}

// drawing returns what draws snapshots of a run in so many lines at most.
func (c *Console) drawing(progress *report.Progress, most int, size func() (width, height int)) func(*report.Snapshot) {
	l := &live{most: most, size: size, lines: func(most int) []string { return c.hidden(progress.Lines(most)) }}
	l.ended = func() {}
	c.mu.Lock()
	c.live = l
	c.mu.Unlock()
	return func(s *report.Snapshot) {
		c.mu.Lock()
		defer c.mu.Unlock()
		progress.Saw(s)
		if time.Since(l.drawn) >= redrawEvery {
			c.redraw()
		}
	}
}

// drawable is how many lines may be drawn on a terminal; 0: none. Where records go to the
// terminal too, they would stand between them. What reads a pipe may write to the same
// terminal: one line is all that comes to no harm then.
func drawable(mode Mode, stderr, stdout *os.File, env func(string) string) int {
	switch ci := env("CI"); {
	case mode == Plain || !IsTerminal(stderr) || stdout != nil && IsTerminal(stdout):
		return 0
	case env("TERM") == "dumb" || env("TERM") == "" && !windows:
		return 0
	case mode == Live:
		return mostLines
	case ci != "" && ci != "false" && ci != "0":
		return 0
	case stdout != nil && isPipe(stdout):
		return 1
	}
	return mostLines
}

// redraw brings the screen up to date, unless nobody reads stderr; mu is held.
func (c *Console) redraw() {
	if c.live == nil || !c.out.idle() {
		return
	}
	c.live.drawn = time.Now()
	if b := c.live.draw(); len(b) > 0 {
		_, _ = c.out.Write(b) // it takes all
	}
}

// hidden are lines without the secrets of the run; mu is held.
func (c *Console) hidden(lines []string) []string {
	for i := range lines {
		lines[i] = c.secrets.Line(lines[i])
	}
	return lines
}

// Clear takes off the screen what is drawn, and draws no more.
func (c *Console) Clear() {
	c.endLive(func(l *live) []byte {
		width, _ := l.size()
		return l.area.erase(width)
	})
}

// Leave leaves on the screen what is drawn, with the cursor below it, and draws no more.
func (c *Console) Leave() { c.endLive(func(l *live) []byte { return l.area.leave() }) }

func (c *Console) endLive(last func(*live) []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live == nil {
		return
	}
	c.live.ended()
	if b := last(c.live); len(b) > 0 {
		_, _ = c.out.Write(b) // it takes all
	}
	c.live = nil
}

// plainly returns what tells the log now and then how far a run is.
func (c *Console) plainly(progress *report.Progress) func(*report.Snapshot) {
	var said time.Time
	var text string
	return func(s *report.Snapshot) {
		progress.Saw(s)
		if said.IsZero() {
			said = s.Started
		}
		now := time.Since(said)
		if now < plainEvery {
			return
		}
		if is := progress.Brief(); is != text || now >= calmEvery {
			said, text = time.Now(), is
			c.logger.Info(is)
		}
	}
}

// sizeOf returns what asks a terminal for its size.
func sizeOf(f *os.File) func() (width, height int) {
	return func() (int, int) {
		raw, err := f.SyscallConn()
		if err != nil {
			return 80, 24
		}
		width, height := 0, 0
		_ = raw.Control(func(fd uintptr) { width, height, err = term.GetSize(int(fd)) }) // of an error, err tells, or both are 0
		if err != nil || width <= 0 || height <= 0 {
			return 80, 24
		}
		return width, height
	}
}

// isPipe reports whether a file is a pipe or a socket.
func isPipe(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0
}

// lineWriter hands whole lines on. Of one that was written over, as those of progress bars
// are, the end is handed on.
type lineWriter struct {
	to      io.Writer
	partial []byte
}

// Write takes text that may end within a line.
func (w *lineWriter) Write(p []byte) (int, error) {
	w.partial = append(w.partial, p...)
	end := bytes.LastIndexByte(w.partial, '\n') + 1
	if end == 0 && len(w.partial) > mostWaiting {
		end = len(w.partial)
	}
	var err error
	for line := range bytes.Lines(w.partial[:end]) {
		text := bytes.TrimRight(line, "\r\n")
		text = text[bytes.LastIndexByte(text, '\r')+1:]
		_, err = w.to.Write(append(bytes.Clone(text), '\n'))
	}
	w.partial = append(w.partial[:0], w.partial[end:]...)
	return len(p), err
}

// Beside returns a file for what another program says on stderr, whole lines of which stand
// above what is drawn, and what ends that once the program has ended. Where nothing is
// drawn, it is stderr itself.
func (c *Console) Beside() (f *os.File, end func(), err error) {
	c.mu.Lock()
	drawn := c.live != nil
	c.mu.Unlock()
	if !drawn {
		return c.file, func() {}, nil
	}
	from, f, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer from.Close()
		lines := &lineWriter{to: redactor{c}}
		_, _ = io.Copy(lines, from) // it ends when nobody can write any more
		if len(lines.partial) > 0 {
			_, _ = lines.Write([]byte("\n"))
		}
	}()
	return f, func() {
		f.Close()
		closedWithin(over, lastWords)
	}, nil
}

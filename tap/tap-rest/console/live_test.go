package console

import (
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/creack/pty"

	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/tap/report"
)

// onScreen returns a console that writes to a screen.
func onScreen(t *testing.T) (*Console, *screen) {
	s := &screen{t: t, width: 80, height: 24, reflows: true}
	c := &Console{}
	c.out = &stderr{out: s, leftOut: c.leftOut}
	c.logger = slog.New(&lineHandler{level: slog.LevelInfo, write: c.writeLine})
	return c, s
}

// snapshot is one of a run with a stream that has so many records.
func snapshot(began time.Time, records int64) *report.Snapshot {
	one := report.StreamSnapshot{Name: "orders", Walking: 1, Numbers: report.Numbers{Records: records, Pages: records / 100, Calls: records / 100}}
	one.Total, one.Reached = 10_000, records
	return &report.Snapshot{Started: began, At: time.Now(), Streams: []report.StreamSnapshot{one, {Name: "shops"}}}
}

// TestLive: the log stands above what is drawn, and nothing is written while nothing
// changes.
func TestLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := onScreen(t)
		began := time.Now()
		show := c.drawing(&report.Progress{}, mostLines, func() (int, int) { return s.width, s.height })
		for i := range int64(21) {
			show(snapshot(began, i*100))
			time.Sleep(500 * time.Millisecond)
		}
		c.Flush()
		s.want("after 10s", "orders  2,000 records, 20 pages, 20 calls, 200/s, 20%, 40s left\n2,000 records, 20 calls, 0 B, 0 of 2 streams done, since 00:00:00Z")
		c.Log().Warn("something is odd", "stream", "orders")
		c.Flush()
		s.want("a line of the log", "WARN something is odd stream=orders\norders  2,000 records, 20 pages, 20 calls, 200/s, 20%, 40s left\n2,000 records, 20 calls, 0 B, 0 of 2 streams done, since 00:00:00Z")
		for range 120 { // the pace falls, and how long the rest takes is found out anew
			show(snapshot(began, 2000))
			time.Sleep(500 * time.Millisecond)
		}
		c.Flush()
		before := s.wrote
		for range 20 {
			show(snapshot(began, 2000))
			time.Sleep(500 * time.Millisecond)
		}
		c.Flush()
		if s.wrote > before+200 {
			t.Errorf("%d bytes are written in 10s in which nothing changed", s.wrote-before)
		}
		c.Clear()
		c.Say("over")
		c.Flush()
		s.want("the end", "WARN something is odd stream=orders\nover")
		show(snapshot(began, 3000))
		c.Flush()
		s.want("behind the end", "WARN something is odd stream=orders\nover")
	})
}

// TestLiveWaits: while requests wait, not one byte is written.
func TestLiveWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := onScreen(t)
		began := time.Now()
		show := c.drawing(&report.Progress{}, mostLines, func() (int, int) { return s.width, s.height })
		first := snapshot(began, 0)
		first.Streams[0].Total = 0
		show(first)
		c.Flush()
		before := s.wrote
		for range 1000 {
			time.Sleep(500 * time.Millisecond)
			again := *first
			again.At = time.Now()
			show(&again)
		}
		c.Flush()
		if s.wrote != before {
			t.Errorf("%d bytes are written where nothing changed", s.wrote-before)
		}
		c.Clear()
	})
}

// TestLiveBlocked: while nobody reads stderr, nothing is drawn, the log waits, and once it
// is read again all stands where it should.
func TestLiveBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := onScreen(t)
		d := &dam{open: make(chan struct{})}
		began := time.Now()
		show := c.drawing(&report.Progress{}, mostLines, func() (int, int) { return s.width, s.height })
		show(snapshot(began, 100))
		c.Flush()
		c.out.out = d
		c.Log().Info("one")
		for range 100 {
			show(snapshot(began, 200))
			time.Sleep(500 * time.Millisecond)
		}
		c.Log().Info("two")
		if waits := len(c.out.waiting); waits > 200 {
			t.Errorf("%d bytes wait", waits)
		}
		close(d.open)
		synctest.Wait()
		c.Flush()
		s.Write(d.out.Bytes())
		c.out.out = s
		time.Sleep(time.Second)
		show(snapshot(began, 300))
		c.Flush()
		if text := s.text(); !strings.HasPrefix(text, "INFO one\n") || strings.Count(text, "orders") != 1 || !strings.Contains(text, "INFO two\norders  300 records") {
			t.Errorf("the screen has\n%s", text)
		}
		c.Clear()
	})
}

// TestLiveHidesSecrets: what the API says of limits, or a stream's name, may be a secret.
func TestLiveHidesSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := onScreen(t)
		c.Hide(secret.NewHider(secret.List{secret.New("token", "hunter2xyz")}))
		show := c.drawing(&report.Progress{}, mostLines, func() (int, int) { return s.width, s.height })
		one := snapshot(time.Now(), 100)
		one.Streams[0].Name = "of hunter2xyz"
		show(one)
		c.Flush()
		if text := s.text(); strings.Contains(text, "hunter2") || !strings.Contains(text, "***") {
			t.Errorf("the screen has\n%s", text)
		}
		c.Clear()
	})
}

// TestPlainly: a line of the log says every 30 seconds how far the run is, and more rarely
// that nothing has changed.
func TestPlainly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := onScreen(t)
		s.width = 200
		began := time.Now()
		show := c.plainly(&report.Progress{})
		for i := range int64(140) {
			show(snapshot(began, min(i, 130)*10))
			time.Sleep(500 * time.Millisecond)
		}
		c.Flush()
		want := regexp.MustCompile(`^INFO 600 records, 6 calls, 0 B, 0 of 2 streams done, since 00:00:00Z; under way: orders \(6%, \S+ left\)\nINFO 1,200 records, 12 calls, [^\n]*$`)
		if text := s.text(); !want.MatchString(text) {
			t.Errorf("it says\n%s", text)
		}
		for range 2000 {
			one := snapshot(began, 1300)
			one.Streams[0].Total = 0
			show(one)
			time.Sleep(500 * time.Millisecond)
		}
		c.Flush()
		if n := strings.Count(s.text(), "\n") + 1; n < 5 || n > 7 {
			t.Errorf("in 1,000 seconds without news it says\n%s", s.text())
		}
	})
}

// TestDrawable: lines are drawn only where they harm nothing.
func TestDrawable(t *testing.T) {
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Skip(err)
	}
	defer ptmx.Close()
	defer tty.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, tt := range []struct {
		name           string
		mode           Mode
		stderr, stdout *os.File
		env            string
		want           int
	}{
		{"records go to a file", Auto, tty, file, "TERM=xterm", mostLines},
		{"into a target", Auto, tty, nil, "TERM=xterm", mostLines},
		{"into a pipe", Auto, tty, w, "TERM=xterm", 1},
		{"into a pipe, all the same", Live, tty, w, "TERM=xterm", mostLines},
		{"to the terminal", Auto, tty, tty, "TERM=xterm", 0},
		{"to the terminal, all the same", Live, tty, tty, "TERM=xterm", 0},
		{"stderr is a file", Auto, file, file, "TERM=xterm", 0},
		{"stderr is a file, all the same", Live, file, file, "TERM=xterm", 0},
		{"plain", Plain, tty, file, "TERM=xterm", 0},
		{"a dumb terminal", Auto, tty, file, "TERM=dumb", 0},
		{"no known terminal", Auto, tty, file, "", 0},
		{"CI", Auto, tty, file, "TERM=xterm CI=true", 0},
		{"CI, all the same", Live, tty, file, "TERM=xterm CI=true", mostLines},
		{"not CI", Auto, tty, file, "TERM=xterm CI=false", mostLines},
		{"no colour", Auto, tty, file, "TERM=xterm NO_COLOR=1", mostLines}, // there is none anyway
	} {
		env := func(name string) string {
			for v := range strings.FieldsSeq(tt.env) {
				if value, ok := strings.CutPrefix(v, name+"="); ok {
					return value
				}
			}
			return ""
		}
		if got := drawable(tt.mode, tt.stderr, tt.stdout, env); got != tt.want {
			t.Errorf("%s: %d lines, want %d", tt.name, got, tt.want)
		}
	}
}

// TestLineWriter: of what another program says, whole lines come out, and of those that it
// wrote over the last form.
func TestLineWriter(t *testing.T) {
	var got strings.Builder
	w := &lineWriter{to: &got}
	for _, part := range []string{"one\ntw", "o\r\n", "10%\r20%\r", "100%\nthr", "ee"} {
		fmt.Fprint(w, part)
	}
	fmt.Fprint(w, "\n")
	if want := "one\ntwo\n100%\nthree\n"; got.String() != want {
		t.Errorf("got %q, want %q", got.String(), want)
	}
}

package console

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"

	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/report"
)

// Console is stderr: the log, the account of a run, and how far it is, which on a
// terminal is drawn over and over. It may be used from any goroutine.
type Console struct {
	logger  *slog.Logger
	level   slog.Level
	json    bool
	airbyte *message.AirbyteLog // the log is lines of Airbyte's on stdout; nil: it is on stderr
	stdout  io.Writer           // of these lines
	file    *os.File            // stderr

	mu      sync.Mutex
	out     *stderr
	live    *live // nil: nothing is drawn
	secrets *secret.Hider
}

// New returns the console on a file. level is one of slog's, in lower
// case.
func New(f *os.File, json bool, level string) *Console {
	c := &Console{json: json, file: f}
	c.out = &stderr{out: f, leftOut: c.leftOut}
	if err := c.level.UnmarshalText([]byte(level)); err != nil {
		panic(err) // kong has checked it
	}
	if json {
		c.logger = slog.New(newJSONHandler(redactor{c}, c.level))
	} else {
		c.logger = slog.New(&lineHandler{level: c.level, write: c.writeLine})
	}
	return c
}

// leftOut is the line that stands for lines of the log which were too many, or too long, to
// wait for stderr.
func (c *Console) leftOut(lines int) []byte {
	text := fmt.Sprintf("%d lines of the log are left out here: no more than %d bytes of it wait for stderr", lines, mostWaiting)
	if lines == 1 {
		text = fmt.Sprintf("a line of the log is left out here: no more than %d bytes of it wait for stderr", mostWaiting)
	}
	if !c.json {
		return []byte(slog.LevelWarn.String() + " " + text + "\n")
	}
	var line bytes.Buffer
	slog.New(newJSONHandler(&line, slog.LevelWarn)).Warn(text)
	return line.Bytes()
}

// writeLine writes a line of the log, the way that Singer's tools look for
// METRIC lines in.
func (c *Console) writeLine(level slog.Level, text string) {
	redactor{c}.Write([]byte(level.String() + " " + text + "\n"))
}

// Hide makes the secrets of a run print as *** from now on, wherever they come
// from.
func (c *Console) Hide(s *secret.Hider) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.secrets = s
}

// redactor is the console as a writer of whole lines.
type redactor struct{ *Console }

// Write writes lines without their secrets, above what is drawn.
func (r redactor) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := r.secrets.Line(string(p))
	if r.live != nil {
		text = r.live.above(text, r.out.idle())
	}
	_, err := io.WriteString(r.out, text)
	return len(p), err
}

// Account prints the account of a run.
func (c *Console) Account(a *report.Account) {
	if c.json || c.airbyte != nil {
		for _, s := range a.Streams {
			c.logger.Info("stream ended", "stream", s.Name, "status", s.Status(), "records", s.Written, "requests", s.Requests(), "recalled", s.Recalled())
			for _, remark := range s.Remarks() {
				c.logger.Info(remark, "stream", s.Name)
			}
		}
		records, requests, retries, waited, wire := a.Total()
		c.logger.Info("run ended", "records", records, "requests", requests, "recalled", a.Recalled(), "retries", retries,
			"waited", waited.String(), "bytes", wire, "took", a.Took.String(), "stopped", a.Stopped)
		return
	}
	redactor{c}.Write([]byte(a.String()))
}

// Say prints a line for people.
func (c *Console) Say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if c.json || c.airbyte != nil {
		c.logger.Info(text)
		return
	}
	redactor{c}.Write([]byte(text + "\n"))
}

// Fail prints the error that ends the program, on lines of a log under a heading
// where it is given.
func (c *Console) Fail(heading string, err error) {
	if c.json {
		c.logger.Error(err.Error())
		return
	}
	redactor{c}.Write([]byte("tap-rest: " + heading + err.Error() + "\n"))
}

// Log returns the log.
func (c *Console) Log() *slog.Logger { return c.logger }

// Flags returns the flags by which another tap-rest writes a log like this one.
func (c *Console) Flags() []string {
	format := "text"
	if c.json {
		format = "json"
	}
	return []string{"--log-format=" + format, "--log-level=" + strings.ToLower(c.level.String())}
}

// Flush waits for the lines that nobody has read yet, as long as the end of a
// program may.
func (c *Console) Flush() { c.out.flush() }

// IsTerminal reports whether a file is a terminal, rather than a pipe, a file
// or the null device.
func IsTerminal(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return errors.Is(err, os.ErrNotExist) || err == nil && !os.SameFile(info, null)
}

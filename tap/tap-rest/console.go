package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/report"
)

// console is stderr: the log, the account of a run, and on a terminal a line
// that shows how far it is. It may be used from any goroutine.
type console struct {
	logger *slog.Logger
	level  slog.Level
	json   bool
	lines  *message.AirbyteLog // LOG lines on stdout instead of a log; nil: none
	stdout io.Writer           // with lines

	mu       sync.Mutex
	out      *stderr
	terminal bool
	shown    bool // the progress line stands on the terminal
	drawn    time.Time
	secrets  *secret.Hider
}

// newConsole returns the console on a file. level is one of slog's, in lower
// case.
func newConsole(f *os.File, json bool, level string) *console {
	c := &console{json: json, terminal: isTerminal(f) && !json}
	c.out = &stderr{out: f, leftOut: c.leftOut}
	if err := c.level.UnmarshalText([]byte(level)); err != nil {
		panic(err) // kong has checked it
	}
	if json {
		c.logger = slog.New(newStructured(redactor{c}, c.level))
	} else {
		c.logger = slog.New(&lineHandler{level: c.level, write: c.writeLine})
	}
	return c
}

// leftOut is the line that stands for lines of the log which nobody read.
func (c *console) leftOut(lines int) []byte {
	text := fmt.Sprintf("%d lines of the log are left out here: stderr was blocked", lines)
	if !c.json {
		return []byte(slog.LevelWarn.String() + " " + text + "\n")
	}
	var line bytes.Buffer
	slog.New(newStructured(&line, slog.LevelWarn)).Warn(text)
	return line.Bytes()
}

// writeLine writes a line of the log, the way that Singer's tools look for
// METRIC lines in.
func (c *console) writeLine(level slog.Level, text string) {
	redactor{c}.Write([]byte(level.String() + " " + text + "\n"))
}

// hide makes the secrets of a run print as *** from now on, wherever they come
// from.
func (c *console) hide(s *secret.Hider) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.secrets = s
}

// redactor is the console as a writer of whole lines.
type redactor struct{ *console }

// Write writes lines without their secrets, in the place of the progress line.
func (r redactor) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.erase()
	_, err := io.WriteString(r.out, r.secrets.Line(string(p)))
	return len(p), err
}

// erase removes the progress line; mu is held.
func (c *console) erase() {
	if c.shown {
		io.WriteString(c.out, "\r\x1b[K")
		c.shown = false
	}
}

// clear removes the progress line.
func (c *console) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
}

// progress shows how far a run is, on a terminal.
func (c *console) progress(a *report.Account) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.terminal || time.Since(c.drawn) < 100*time.Millisecond || !c.out.idle() {
		return
	}
	c.drawn = time.Now()
	c.erase()
	fmt.Fprintf(c.out, "%s", a.Line())
	c.shown = true
}

// account prints the account of a run.
func (c *console) account(a *report.Account) {
	if c.json || c.lines != nil {
		records, requests, retries, waited, wire := a.Total()
		c.logger.Info("run ended", "records", records, "requests", requests, "recalled", a.Recalled(), "retries", retries,
			"waited", waited.String(), "bytes", wire, "took", a.Took.String(), "stopped", a.Stopped)
		return
	}
	redactor{c}.Write([]byte(a.String()))
}

// say prints a line for people.
func (c *console) say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if c.json || c.lines != nil {
		c.logger.Info(text)
		return
	}
	redactor{c}.Write([]byte(text + "\n"))
}

// fatal prints the error that ends the program.
func (c *console) fatal(err error) {
	if c.lines != nil && c.trace(err) {
		return
	}
	if c.json {
		c.logger.Error(err.Error())
		return
	}
	redactor{c}.Write([]byte("tap-rest: " + problems(err) + err.Error() + "\n"))
}

// problems returns a line that stands above several problems, so that each of
// them begins a line: editors jump to the place that it names.
func problems(err error) string {
	var (
		definition document.Problems
		config     sources.ConfigProblems
	)
	errors.As(err, &definition)
	errors.As(err, &config)
	if n := len(definition) + len(config); n > 1 {
		return fmt.Sprintf("%d problems\n", n)
	}
	return ""
}

// lineHandler writes a record as "message key=value".
type lineHandler struct {
	level slog.Level
	write func(level slog.Level, text string)
	attrs string
}

// Enabled reports whether records of a level are written.
func (h *lineHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

// Handle writes one record as one line.
func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	text := strings.ReplaceAll(r.Message, "\n", "\n  ") + h.attrs + recordAttrs(r)
	h.write(r.Level, text)
	return nil
}

// recordAttrs is " key=value" for each attribute of a record.
func recordAttrs(r slog.Record) string {
	var b strings.Builder
	r.Attrs(func(a slog.Attr) bool {
		writeAttr(&b, a)
		return true
	})
	return b.String()
}

func writeAttr(b *strings.Builder, a slog.Attr) {
	text := a.Value.Resolve().String()
	if text == "" || strings.ContainsAny(text, " \"=\n\t") {
		text = fmt.Sprintf("%q", text)
	}
	fmt.Fprintf(b, " %s=%s", a.Key, text)
}

// WithAttrs returns a handler that adds the attributes to each record.
func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	for _, a := range attrs {
		writeAttr(&b, a)
	}
	copied := *h
	copied.attrs += b.String()
	return &copied
}

// WithGroup returns h: lines have no groups.
func (h *lineHandler) WithGroup(string) slog.Handler { return h }

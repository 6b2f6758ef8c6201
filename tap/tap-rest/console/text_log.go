package console

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
)

// lineHandler writes a line of the log as "message key=value".
type lineHandler struct {
	level slog.Level
	write func(level slog.Level, text string)
	attrs string
}

// Enabled reports whether lines of a level are written.
func (h *lineHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

// Handle writes one line.
func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	text := strings.ReplaceAll(r.Message, "\n", "\n  ") + h.attrs + lineAttrs(r)
	h.write(r.Level, text)
	return nil
}

// lineAttrs is " key=value" for each attribute of a line.
func lineAttrs(r slog.Record) string {
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

// WithAttrs returns a handler that adds the attributes to each line.
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

package logs

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// hiding takes the secrets out of what is logged: even those that are words,
// where a record is named, and where an error that the run made quotes
// something. Errors of requests have their own taken out already.
type hiding struct {
	slog.Handler
	hider *secret.Hider
}

// Hiding returns a logger like another, without secrets.
func Hiding(log *slog.Logger, hider *secret.Hider) *slog.Logger {
	return slog.New(hiding{log.Handler(), hider})
}

// Handle logs a record without its secrets.
func (h hiding) Handle(ctx context.Context, r slog.Record) error {
	shown := slog.NewRecord(r.Time, r.Level, h.hider.Line(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		shown.AddAttrs(h.hide(a))
		return true
	})
	return h.Handler.Handle(ctx, shown)
}

func (h hiding) hide(a slog.Attr) slog.Attr {
	a.Value = a.Value.Resolve()
	text := a.Value.String()
	switch kind := a.Value.Kind(); {
	case kind == slog.KindAny:
		a.Value = slog.StringValue(h.hider.Message(text))
	case kind == slog.KindString && (a.Key == "record" || a.Key == "first"):
		a.Value = slog.StringValue(h.hider.Redact(text))
	case kind == slog.KindString:
		a.Value = slog.StringValue(h.hider.Line(text))
	}
	return a
}

// WithAttrs returns a handler that logs the attributes, without their secrets,
// with each record.
func (h hiding) WithAttrs(attrs []slog.Attr) slog.Handler {
	shown := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		shown[i] = h.hide(a)
	}
	return hiding{h.Handler.WithAttrs(shown), h.hider}
}

// WithGroup returns a handler whose attributes stand in a group.
func (h hiding) WithGroup(name string) slog.Handler {
	return hiding{h.Handler.WithGroup(name), h.hider}
}

// HideError returns an error without secrets in its text.
func HideError(hider *secret.Hider, err error) error {
	text, hide := err.Error(), hider.Message
	var request *fetch.Error
	if errors.As(err, &request) { // it quotes nothing that is not redacted
		hide = hider.Line
	}
	if shown := hide(text); shown != text {
		return &shownError{shown, err}
	}
	return err
}

// shownError is an error whose text held secrets.
type shownError struct {
	text string
	err  error
}

func (e *shownError) Error() string { return e.text }
func (e *shownError) Unwrap() error { return e.err }

// Unnamed is what an error says, without the stream: log lines have that beside
// it.
func Unnamed(stream string, err error) string {
	return strings.TrimPrefix(err.Error(), stream+": ")
}

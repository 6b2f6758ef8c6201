package preview

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
)

// showing is what a preview prints.
type showing struct {
	stream   string
	look     tap.Look
	columns  []string // nil: all
	warnings []string
	failed   error
	redact   func(string) string
}

// showingWriter prints it.
type showingWriter func(s *showing, to io.Writer) error

// table prints the records as a table, and below it the requests.
func (s *showing) table(to io.Writer) error {
	if s.failed == nil || len(s.look.Records) > 0 {
		if err := report.Records(to, s.columns, s.look.Records, len(s.look.Records)); err != nil {
			return err
		}
	}
	return printRequests(to, s.look)
}

// raw prints the records, each on a line.
func (s *showing) raw(to io.Writer) error {
	var b bytes.Buffer
	for _, r := range s.look.Records {
		b.Write(s.picked(r))
		b.WriteByte('\n')
	}
	_, err := to.Write(b.Bytes())
	return err
}

// json prints all that is known as one object.
func (s *showing) json(to io.Writer) error {
	records, requests := []json.RawMessage{}, s.look.Requests
	for _, r := range s.look.Records {
		records = append(records, s.picked(r))
	}
	if requests == nil {
		requests = []tap.LookedAt{}
	}
	out := json.NewEncoder(to)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(struct {
		Stream   string            `json:"stream"`
		Records  []json.RawMessage `json:"records"`
		Requests []tap.LookedAt    `json:"requests"`
		End      string            `json:"end,omitempty"`
		Warnings []string          `json:"warnings"`
		Errors   []string          `json:"errors"`
	}{s.stream, records, requests, s.look.End, s.redacted(s.warnings), s.redacted(errorsOf(s.failed))})
}

func (s *showing) redacted(texts []string) []string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = s.redact(text)
	}
	return all
}

// errorsOf returns what failed, each on a line of its own.
func errorsOf(err error) (texts []string) {
	var failures tap.Failures
	switch {
	case err == nil:
	case errors.As(err, &failures):
		for _, f := range failures {
			texts = append(texts, f.Error())
		}
	default:
		texts = append(texts, err.Error())
	}
	return texts
}

// missing says which columns no record has.
func (s *showing) missing() error {
	known := report.FieldNames(s.look.Records)
	var lacks []string
	for _, name := range s.columns {
		if !slices.ContainsFunc(s.look.Records, func(r json.RawMessage) bool { return report.Field(r, name).Exists() }) {
			lacks = append(lacks, document.Unknown("column", name, known))
		}
	}
	if lacks == nil {
		return nil
	}
	return errors.New("a column is in no record that is shown: " + strings.Join(lacks, "; "))
}

// picked returns the record with the columns that are asked for alone.
func (s *showing) picked(record json.RawMessage) json.RawMessage {
	if s.columns == nil {
		return record
	}
	b := []byte{'{'}
	for _, name := range s.columns {
		value := report.Field(record, name)
		if !value.Exists() {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(document.AppendText(b, name), ':'), value.Raw...)
	}
	return append(b, '}')
}

// printRequests prints which requests were made, and what ended the walk or would
// have.
func printRequests(to io.Writer, look tap.Look) error {
	if len(look.Requests) == 0 {
		return nil
	}
	var b strings.Builder
	for _, r := range look.Requests {
		again := ""
		if r.Attempts > 1 {
			again = fmt.Sprintf(", at attempt %d", r.Attempts)
		}
		fmt.Fprintf(&b, "\n%s: %s: answered %d with %s%s", r.Stream, r.Request, r.Status, report.Numbered(int64(r.Records), "%s record[|s]"), again)
		if r.Took != "" {
			fmt.Fprintf(&b, "\n  decode: %s", r.Took)
		}
	}
	if look.End != "" {
		fmt.Fprintf(&b, "\n%s", look.End)
	}
	_, err := fmt.Fprintln(to, b.String())
	return err
}

// FirstRecords prints the first records of a look, so many at most, under the names of all
// fields that the look has.
func FirstRecords(to io.Writer, look tap.Look, most int) error {
	return report.Records(to, nil, look.Records, most)
}

// warnings keeps what a log is warned of.
type warnings struct {
	mu    sync.Mutex
	texts []string
}

// of returns a log that warns this, too.
func (w *warnings) of(log *slog.Logger) *slog.Logger {
	return slog.New(warned{log.Handler(), w})
}

func (w *warnings) list() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.texts)
}

// warned is a log's handler that keeps its warnings.
type warned struct {
	slog.Handler
	kept *warnings
}

// Handle keeps a warning with what belongs to it, and hands it on.
func (h warned) Handle(ctx context.Context, r slog.Record) error {
	if r.Level == slog.LevelWarn {
		text := r.Message
		r.Attrs(func(a slog.Attr) bool {
			text += fmt.Sprintf(" %s=%q", a.Key, a.Value)
			return true
		})
		h.kept.mu.Lock()
		h.kept.texts = append(h.kept.texts, text)
		h.kept.mu.Unlock()
	}
	if !h.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// Enabled reports that warnings are wanted, whatever the log shows.
func (h warned) Enabled(ctx context.Context, l slog.Level) bool {
	return l == slog.LevelWarn || h.Handler.Enabled(ctx, l)
}

// WithAttrs returns the handler for lines that have these.
func (h warned) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warned{h.Handler.WithAttrs(attrs), h.kept}
}

// WithGroup returns the handler for a group.
func (h warned) WithGroup(name string) slog.Handler {
	return warned{h.Handler.WithGroup(name), h.kept}
}

package fetch_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/repeat"
	"github.com/tap-rest/tap-rest/sources/fetch/records"
)

// lines is a splitter of bodies whose lines are records: more than three are very many,
// and a body with a ? is broken.
type lines struct{}

type linesFound [][]byte

func (f linesFound) Len() int            { return len(f) }
func (f linesFound) Record(i int) []byte { return f[i] }
func (f linesFound) Parent(int) []byte   { return nil }

func (lines) Split(text []byte) (records.Records, error) {
	all := bytes.Fields(text)
	switch {
	case bytes.ContainsRune(text, '?'):
		return nil, records.ErrBroken
	case len(all) > 3:
		return nil, records.ErrMany
	}
	return linesFound(all), nil
}

func (lines) SplitMany(text []byte, piece func(records.Records) error) error {
	for _, one := range bytes.Fields(text) {
		if err := piece(linesFound{one}); err != nil {
			return err
		}
	}
	return nil
}

func (lines) SplitLong(io.Reader, func(records.Records) error) ([]byte, error) {
	return nil, errors.ErrUnsupported
}

func (lines) ProveLong(io.Reader, func(records.Records) error) ([]byte, int, error) {
	return nil, 0, errors.ErrUnsupported
}

// streamOfLines is one whose definition looks at no records.
func streamOfLines(t *testing.T) *sources.Stream {
	t.Helper()
	d, err := definition.Parse("test.yaml", []byte(`{version: 1, name: test, client: {base_url: "http://api.test"}, streams: [{name: lines, path: /lines, records: data}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return d.Streams[0]
}

// TestProver: what a splitter finds in a short body is what the answer has, or pieces where
// it has very many records; a 204 has none, where the definition says that it may.
func TestProver(t *testing.T) {
	tests := []struct {
		name    string
		status  int
		text    string
		missing bool // on_missing: empty
		count   int
		pieces  bool
		err     error
	}{
		{"records", http.StatusOK, "a b c", false, 3, false, nil},
		{"none", http.StatusOK, "", false, 0, false, nil},
		{"very many", http.StatusOK, "a b c d e", false, 5, true, nil},
		{"broken", http.StatusOK, "a?", false, 0, false, records.ErrBroken},
		{"no content", http.StatusNoContent, "", false, 0, false, records.ErrNoContent},
		{"no content, which means no records", http.StatusNoContent, "", true, 0, false, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := streamOfLines(t)
			s.Records.MissingIsEmpty = tt.missing
			p := records.NewProver(s, lines{}, func() *repeat.Tally { return &repeat.Tally{} })
			b := body.NewStore(body.MaxLong).Empty()
			b.Replace([]byte(strings.ReplaceAll(tt.text, " ", "\n")))
			got, cut := p.Split(tt.status, b)
			if !errors.Is(got.Err, tt.err) || cut != nil {
				t.Fatalf("got %v, cut by %v, want %v", got.Err, cut, tt.err)
			}
			if tt.err == nil && got.Records.Len() != tt.count || (got.Pieces != nil) != tt.pieces {
				t.Errorf("got %d records, in pieces: %t, want %d, %t", got.Records.Len(), got.Pieces != nil, tt.count, tt.pieces)
			}
			if tt.pieces && !got.Pieces.Proven {
				t.Error("a body of which all records were seen is not proven")
			}
		})
	}
}

// needsWhole is a splitter that cannot do with pieces.
type needsWhole struct{ lines }

func (needsWhole) NeedsWhole() bool { return true }

// TestProverWhole: records cannot come in pieces where the splitter says so.
func TestProverWhole(t *testing.T) {
	for _, tt := range []struct {
		name     string
		splitter records.Splitter
		want     bool
	}{{"a splitter that says nothing", lines{}, false}, {"one that needs all", needsWhole{}, true}} {
		if got := records.NewProver(streamOfLines(t), tt.splitter, nil).Whole(); got != tt.want {
			t.Errorf("%s: got %t, want %t", tt.name, got, tt.want)
		}
	}
}

package schema_test

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/catalog/schema/check"
)

// batches are a body that comes in batches of records; as text it is broken.
type batches struct {
	io.Reader
	records [][]string
	proven  bool
	err     error // behind them
	skipped int
	text    bool // it has only text
	keys    int  // on the way to the records
	rest    string
}

func (b *batches) Batched(keys int) bool { return !b.text && keys == b.keys }
func (b *batches) Proven() bool          { return b.proven }
func (b *batches) Rest() []byte          { return []byte(cmp.Or(b.rest, "[]")) }

func (b *batches) Batch() (text []byte, ends []int, err error) {
	if len(b.records) == 0 {
		return nil, nil, b.err
	}
	for _, r := range b.records[0] {
		text = append(text, r...)
		ends = append(ends, len(text))
	}
	b.records = b.records[1:]
	return text, ends, nil
}

func (b *batches) Skip() (int, error) {
	_, ends, err := b.Batch()
	b.skipped += len(ends)
	return len(ends), err
}

// TestBatches: the records of a body that comes in batches are those of its text.
func TestBatches(t *testing.T) {
	records := [][]string{{`{"id":1}`, `{"id":"x"}`}, {`{"id":3,"a":[{}]}`}, {`{"id":4}`}}
	all := slices.Concat(records...)
	for _, proven := range []bool{false, true} {
		s := newStream(t, schema.RecordPath{Steps: []string{"@this"}}, 64)
		compiled, err := schema.Compile([]byte(`{"properties":{"id":{"type":"integer"}}}`))
		if err != nil {
			t.Fatal(err)
		}
		s.Expect(compiled.Expect(check.Wanted{}))
		var fits []bool
		rest, err := s.Scan(&batches{records: slices.Clone(records), proven: proven, err: io.EOF}, func(p *schema.Page) error {
			for i := range p.Records {
				if want := all[len(fits)]; string(p.Record(i)) != want {
					t.Errorf("record %d is %s, want %s", i, p.Record(i), want)
				}
				fits = append(fits, p.Records[i].Fits)
			}
			return nil
		})
		if err != nil || string(rest) != "[]" || !slices.Equal(fits, []bool{true, false, true, true}) {
			t.Errorf("proven %v: got %v, %s, %v", proven, fits, rest, err)
		}
		in := &batches{records: slices.Clone(records), proven: proven, err: io.EOF}
		rest, n, err := s.Prove(in, nil)
		if err != nil || string(rest) != "[]" || n != 4 || in.skipped > 0 != proven {
			t.Errorf("proven %v: %d records, skipped %d, %s, %v", proven, n, in.skipped, rest, err)
		}
	}
}

// TestBatchesFail: what is wrong with batches is an error, and proves nothing.
func TestBatchesFail(t *testing.T) {
	for _, tt := range []struct {
		name    string
		in      *batches
		wantErr string
	}{
		{"no JSON", &batches{records: [][]string{{`{}`, `{"a":}`, `{}`}}, err: io.EOF}, "at byte 7"},
		{"two in one", &batches{records: [][]string{{`{}{}`}}, err: io.EOF}, "the end of the record"},
		{"no object", &batches{records: [][]string{{`{}`, `12`}}, err: io.EOF}, "object"},
		{"cut", &batches{records: [][]string{{`{}`}, {`{}`}}, proven: true, err: io.ErrUnexpectedEOF}, "unexpected EOF"},
		{"text", &batches{Reader: strings.NewReader(`[{}`), records: [][]string{{`{}`}}, text: true}, "ends in the middle"},
	} {
		s := newStream(t, schema.RecordPath{Steps: []string{"@this"}}, 64)
		for range 2 {
			again := *tt.in
			if tt.in.text {
				again.Reader = strings.NewReader(`[{}`)
			}
			rest, _, err := s.Prove(&again, nil)
			if err == nil || !strings.Contains(err.Error(), tt.wantErr) || rest != nil && tt.name != "no object" {
				t.Errorf("%s: got %q, %v, want an error with %q", tt.name, rest, err, tt.wantErr)
			}
		}
	}
}

// TestBatchesBeside: what stands beside the records of a document is proven behind them.
func TestBatchesBeside(t *testing.T) {
	for _, tt := range []struct{ name, rest, wantErr string }{
		{"records", `{"a":{"b":[],"c":1}}`, ""},
		{"none", `{"a":{"c":1}}`, "nothing"},
		{"null on the way", `{"a":null}`, "nothing"},
		{"no JSON", `{"a":{"b":[],c}}`, "expected"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := &batches{keys: 2, rest: tt.rest, records: [][]string{{`{"b":1}`, `{}`}, {`{}`}}, proven: true, err: io.EOF}
			rest, n, err := newStream(t, schema.RecordPath{Steps: []string{"a.b"}}, 64).Prove(in, nil)
			if tt.wantErr == "" && (err != nil || n != 3 || string(rest) != tt.rest || in.skipped != 1) {
				t.Errorf("got %s, %d, %v, skipped %d", rest, n, err, in.skipped)
			}
			if tt.wantErr != "" && (err == nil || !strings.Contains(err.Error(), tt.wantErr)) {
				t.Errorf("got %s, %v, want %s", rest, err, tt.wantErr)
			}
		})
	}
}

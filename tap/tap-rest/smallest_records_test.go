//go:build linux

package main_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// small is an answer of MaxBody bytes at most that is as many records as fit.
type small struct {
	name         string
	stream       string // how the definition finds the records
	before, unit string // unit again and again, with commas between
	after        string
	numbered     bool // unit has a %07d, which differs
}

var smallest = []small{
	{"empty objects", "records: data", `{"data":[`, `{}`, `]}`, false},
	{"one field", "records: data", `{"data":[`, `{"a":1}`, `]}`, false},
	{"keyed", "records: data\n    keyed: key", `{"data":{`, `"%07d":{}`, `}}`, true},
	{"bare values", "records: data\n    columns: [a_name_of_some_length]", `{"data":[`, `1`, `]}`, false},
	{"rows", "records: data\n    columns: [a, b]", `{"data":[`, `[1,2]`, `]}`, false},
	{"rows under names of the body", "records: data\n    columns: names", `{"data":[`, `[1,2]`, `],"names":["a","b"]}`, false},
	{"of one parent", "records: [data, lines]", `{"data":[{"lines":[`, `{}`, `]}]}`, false},
	{"of many parents", "records: [data, lines]", `{"data":[`, `{"lines":[{},{}]}`, `]}`, false},
	{"by a query", `records: data.#(a>0)#`, `{"data":[`, `{"a":1}`, `]}`, false},
}

func (s small) body() []byte {
	const most = 8 << 20
	var b bytes.Buffer
	b.WriteString(s.before)
	unit := s.unit
	for i := 0; ; i++ {
		if s.numbered {
			unit = fmt.Sprintf(s.unit, i)
		}
		if b.Len()+1+len(unit)+len(s.after) > most {
			break
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(unit)
	}
	b.WriteString(s.after)
	return b.Bytes()
}

// TestSmallestRecords reads answers of 8 MiB that are nothing but the smallest
// records, which come as some kB: they take less than 100 MB of memory.
func TestSmallestRecords(t *testing.T) {
	const limit = 100e6
	quick := []string{"empty objects", "keyed", "by a query"}
	for _, s := range smallest {
		t.Run(s.name, func(t *testing.T) {
			if !full() && !slices.Contains(quick, s.name) || testing.Short() && s.name == "by a query" {
				t.Skip("much as the others")
			}
			body := s.body()
			var zipped bytes.Buffer
			z := gzip.NewWriter(&zipped)
			z.Write(body)
			z.Close()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				w.Write(zipped.Bytes())
			}))
			t.Cleanup(server.Close)
			r := newRig(t)
			r.stream = s.stream
			r.url = server.URL
			r.pagination = "{type: none}"
			p := r.start(t, "")
			memory := peak(p)
			records, last := countLines(t, p.reader)
			p.wait(t)
			if !p.status.Exited() || p.status.ExitStatus() != 0 {
				t.Fatalf("got %v; stderr:\n%s", p.status, p.stderr.String())
			}
			most := memory()
			t.Logf("%d records of %d bytes, %d on the wire: peak %.1f MB", records, len(body), zipped.Len(), float64(most)/1e6)
			if want := int64(strings.Count(string(body), s.counted())); records != want || !bytes.HasPrefix(last, []byte(`{"type":"STATE"`)) {
				t.Errorf("got %d records of %d, and last %.100s", records, want, last)
			}
			if most == 0 || most > limit {
				t.Errorf("it took %.1f MB of memory, want less than %.0f", float64(most)/1e6, limit/1e6)
			}
		})
	}
}

// counted is what stands once in each record of the body.
func (s small) counted() string {
	switch s.unit {
	case `1`:
		return "1"
	case `[1,2]`:
		return "1"
	case `{"a":1}`:
		return "1"
	}
	return "{}"
}

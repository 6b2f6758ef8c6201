package plan

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// A reader reads a time out of text.
type timeReader struct {
	name string
	read func(t testing.TB, text string) (time.Time, error)
}

// timeReaders are all that read times, but for the headers of HTTP, which
// package fetch reads.
func timeReaders(tb testing.TB) []timeReader {
	inc := &sources.Incremental{Windows: sources.Windows{Format: "rfc3339", Timezone: time.UTC}, RecordTimes: sources.RecordTimes{Timezone: time.UTC}}
	c := NewClock(inc)
	template := func(source string) func(testing.TB, string) (time.Time, error) {
		compiled, err := expr.NewScope("v").Compile(source)
		if err != nil {
			tb.Fatal(err)
		}
		return func(t testing.TB, text string) (time.Time, error) {
			v, err := compiled.Eval(expr.Vars{expr.String(text)})
			at, ok := v.Instant()
			if err == nil && !ok {
				t.Errorf("%s of %q is %s, no time", source, text, v.Text())
			}
			return at, err
		}
	}
	setting, err := expr.NewScope("v").Compile("{{ v }}")
	if err != nil {
		tb.Fatal(err)
	}
	return []timeReader{
		{"the bookmark", func(_ testing.TB, text string) (time.Time, error) {
			at, err := c.Order.Times.ReadJSON(expr.String(text).AppendJSON(nil))
			return at.At, err
		}},
		{"the function str_to_datetime", template("{{ str_to_datetime(v) }}")},
		{"the filter str_to_datetime", template("{{ v | str_to_datetime }}")},
		{"the setting", func(_ testing.TB, text string) (time.Time, error) {
			at, _, err := c.evalTime("start", setting, expr.Vars{expr.String(text)})
			return at, err
		}},
		{"the definition", func(_ testing.TB, text string) (time.Time, error) {
			return definedStart(c, text)
		}},
	}
}

// definedStart reads a start that stands in a definition: what the definition
// accepts, windows can begin at.
func definedStart(c Clock, text string) (time.Time, error) {
	quoted, err := json.Marshal(text) // YAML reads it as JSON does
	if err != nil {
		return time.Time{}, err
	}
	d, err := definition.Parse("t.yaml", []byte("version: 1\nname: t\nstreams:\n  - {name: s, base_url: https://a.example, path: /, replication_key: u, incremental: {client_filter: true, start: "+
		string(quoted)+"}}\n"))
	if err != nil {
		return time.Time{}, err
	}
	at, _, err := c.evalTime("start", d.Streams[0].Incremental.Start, make(expr.Vars, sources.VarCount))
	return at, err
}

// FuzzReaders holds all that read times against each other.
func FuzzReaders(f *testing.F) {
	data, err := os.ReadFile("../../sources/times/testdata/times.json")
	if err != nil {
		f.Fatal(err)
	}
	var golden struct{ Cases [][2]json.RawMessage }
	if err := json.Unmarshal(data, &golden); err != nil {
		f.Fatal(err)
	}
	for _, c := range golden.Cases {
		text, _, _ := strings.Cut(strings.Trim(string(c[0]), `"`), " in record_timezone")
		f.Add(text)
	}
	for _, text := range []string{"Fri Jan 20 10:00:00 2023", "20230120T100000Z", "2023-01-20 10:00:00,5 GMT", "1674208800.25", "1e9", "-1", "20230120103000",
		"now", " 2023-01-20", "2023-01-20\u00a0", "٢٠٢٣-٠١-٢٠"} {
		f.Add(text)
	}
	readers := timeReaders(f)
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "{{") || text == "" { // a template; a start that is left out
			return
		}
		want, wantErr := readers[0].read(t, text)
		for _, r := range readers[1:] {
			got, err := r.read(t, text)
			if (err == nil) != (wantErr == nil) || err == nil && !got.Equal(want) {
				t.Errorf("%q: %s reads %v, error %v; %s reads %v, error %v", text, readers[0].name, want, wantErr, r.name, got, err)
			}
		}
	})
}

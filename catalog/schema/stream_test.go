package schema_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// streamed is what came out of a scan.
type streamed struct {
	records, parents []string
	rest             string
	err              error
}

func scanStream(s *schema.StreamScanner, body io.Reader) (got streamed) {
	rest, err := s.Scan(body, func(p *schema.Page) error {
		for i := range p.Records {
			got.records = append(got.records, string(p.Record(i)))
			got.parents = append(got.parents, string(p.Parent(i)))
		}
		return nil
	})
	got.rest, got.err = string(rest), err
	return got
}

// newStream returns a scanner whose window is so large, nil where the path
// needs the whole body.
func newStream(t testing.TB, path schema.RecordPath, window int) *schema.StreamScanner {
	t.Helper()
	s, err := schema.NewStreamScanner(path)
	if err != nil {
		return nil
	}
	s.SetLimits(window, schema.MaxRecord, schema.MaxRest)
	return s
}

// sameAsPage checks that a scan with a window gives what the page scanner does.
func sameAsPage(t testing.TB, path schema.RecordPath, body string, window int) {
	t.Helper()
	scanner, err := schema.NewPageScanner(path)
	if err != nil {
		t.Fatal(err)
	}
	var page schema.Page
	wantErr := scanner.Scan([]byte(body), &page)
	asPage(t, path, body, window, &page, wantErr)
}

// asPage is sameAsPage, given what the page scanner does.
func asPage(t testing.TB, path schema.RecordPath, body string, window int, page *schema.Page, wantErr error) {
	t.Helper()
	s := newStream(t, path, window)
	if s == nil {
		return
	}
	got := scanStream(s, iotest.HalfReader(strings.NewReader(body)))
	where := fmt.Sprintf("%+v, window %d, %.200q", path, window, body)
	if wantErr != nil || got.err != nil {
		want, is := wantErr.(*scan.BodyError)
		have, has := got.err.(*scan.BodyError)
		if !is || !has || want.Kind != have.Kind || want.Offset != have.Offset || want.Path != have.Path {
			t.Fatalf("%s: got %#v\nwant %#v", where, got.err, wantErr)
		}
		return
	}
	if len(got.records) != len(page.Records) {
		t.Fatalf("%s: got %d records, want %d", where, len(got.records), len(page.Records))
	}
	for i := range page.Records {
		if got.records[i] != string(page.Record(i)) || got.parents[i] != string(page.Parent(i)) {
			t.Fatalf("%s: record %d is %s of %s, want %s of %s", where, i, got.records[i], got.parents[i], page.Record(i), page.Parent(i))
		}
	}
	if !json.Valid([]byte(got.rest)) {
		t.Fatalf("%s: the rest is %s", where, got.rest)
	}
	if beside := page.AppendBeside(nil); beside != nil {
		var compact bytes.Buffer
		if err := json.Compact(&compact, bytes.TrimPrefix(beside, []byte("\xef\xbb\xbf"))); err != nil || compact.String() != got.rest {
			t.Fatalf("%s: beside the records of a page is %s, beside those of a stream %s", where, beside, got.rest)
		}
	}
}

// streamPaths are places of records of all kinds.
var streamPaths = []schema.RecordPath{
	pageAt("@this"), pageAt("data"), pageAt("a.b"), pageAt("a.1.b"), pageAt("data", "lines"), pageAt("data", "lines|@this"), pageAt("@this", "a", "b"),
	{Steps: []string{"data"}, Single: true}, {Steps: []string{"@this"}, Single: true}, {Steps: []string{"data", "lines"}, Single: true},
	{Steps: []string{"data"}, Keyed: "id"}, {Steps: []string{"data", "lines"}, Keyed: "id"},
	{Steps: []string{"data"}, Columns: []string{"a", "b"}}, {Steps: []string{"data", "lines"}, Columns: []string{"a"}},
	{Steps: []string{"data"}, MissingIsEmpty: true},
	{Steps: []string{"data"}, OneOrMany: true}, {Steps: []string{"@this"}, OneOrMany: true}, {Steps: []string{"data", "lines"}, OneOrMany: true},
	{Steps: []string{"data"}, Keyed: "id", OneOrMany: true}, {Steps: []string{"data", "lines"}, Keyed: "id", OneOrMany: true},
	{Steps: []string{"data"}, Columns: []string{"a", "b"}, ShortRows: true},
}

// streamBodies are answers that fit one of streamPaths or another, and some
// that fit none.
var streamBodies = []string{
	`[]`, `[{}]`, ` [ { "a" : [ 1 , 2 ] } , {"b":"\u00e9\"x\\"},{"c":"é😀"} ] `, "\xef\xbb\xbf [{\"n\":12345678901234567890.10}]\r\n",
	`{"data":[{"a":1},{"b":{"c":[{}]}}],"next":"x","meta":{"total":12}}`, `{"next":null,"data" : null , "x":[1,2,{}]}`, `{"data":[]}`,
	`{"a":{"x":0},"a":{"b":[{"n":2}]},"a":{"b":[]}}`, `{"a":[{"b":[]},{"x":1,"b":[{"n":1}]}]}`, `{"d\u0061ta":[{"n":1}],"data":[{"n":2}]}`,
	`{"data":[{"lines":[{"x":1},{"x":2}],"y":3},{"lines":null},{"lines":[]}]}`, `{"data":[{"lines":{"k":{"id":1,"x":2}}},{"lines":{}}]}`,
	`[{"a":[{"b":[{"n":1}]},{"b":[]}]},{"a":[]}]`, `{"data":{"k":{"id":1,"a":2},"l":{"a":1, "id":5 , "b":2},"\u00e9":{}},"more":true}`,
	`{"data":{"k":{"a":1},"l":3,"m":{}}}`, `{"data":[[1,"a"],[2.5,{"x":[1]}]],"n":10}`, `{"data":[[1,"a"],[2.5],[3,4]]}`, `{"data":[1,{},3]}`,
	`{"data":[{"lines":[1,[2],{"a":3}]}]}`, `{"other":1}`, `{}`, `3`, `-12.50e3`, `"text"`, `null`, `true`, `{"data":{"lines":[{}]}}`, `{"data":7,"a":1}`,
	``, "  \n", "<html><body>", `{"data":[{"a":1},]}`, `{"data":[{"a":1}]`, `{"data":[{"a":1}]}}`, `{"data":[{"a":01}]}`, "{\"data\":[{\"a\":\"\xff\"}]}",
	"{\"data\":[{\"a\":\"x\ny\"}]}", `{"data":[{"a":tru}]}`, `{"data":[{"a":"\q"}]}`, `{"data":[{"a" 1}]}`, `{'data':[]}`, `{"data":[{}] "x":1}`,
	`{"data":[{"lines":[{"a":1}`, `{"data":[[[[[[1]]]]]]}`, `[1 2]`, `{"data":{"k":{"a":1}`, `{"data":[3,{"a":nul}]}`, `[{"a":1}] x`, `{"data":[{}],"data":3}`,
}

func TestStreamIsAsPage(t *testing.T) {
	for i, path := range streamPaths {
		scanner, err := schema.NewPageScanner(path)
		if err != nil {
			t.Fatal(err)
		}
		for j, body := range streamBodies {
			var page schema.Page
			wantErr := scanner.Scan([]byte(body), &page)
			for window := 1; window <= len(body)+1; window++ {
				if testing.Short() && (window+i+j)%5 > 0 && window <= len(body) {
					continue // each window sees a fifth of the pairs
				}
				asPage(t, path, body, window, &page, wantErr)
			}
		}
	}
}

// TestStreamDepth: the nesting that is refused does not depend on the window.
func TestStreamDepth(t *testing.T) {
	for _, depth := range []int{scan.MaxDepth - 1, scan.MaxDepth, scan.MaxDepth + 1} {
		nested := strings.Repeat("[", depth-2) + strings.Repeat("]", depth-2)
		for _, window := range []int{64, 1 << 20} {
			sameAsPage(t, pageAt("data"), `{"x":1,"data":[{"a":`+nested+`}]}`, window)
			sameAsPage(t, pageAt("data"), `{"x":`+nested+`,"data":[]}`, window)
		}
	}
}

// TestStreamCut cuts bodies at every byte: each cut is one, wherever the window
// ends.
func TestStreamCut(t *testing.T) {
	body := `{"next":"é","data":[{"a":1.5,"b":"\u00e9"},{"c":[true,null]}],"meta":{"total":2}}`
	for cut := range body {
		for _, window := range []int{1, 7, 16, 100} {
			sameAsPage(t, pageAt("data"), body[:cut], window)
		}
		got := scanStream(newStream(t, pageAt("data"), 8), io.MultiReader(strings.NewReader(body[:cut]), iotest.ErrReader(errWire)))
		if !errors.Is(got.err, errWire) {
			t.Fatalf("a connection that broke at %d: got %v", cut, got.err)
		}
	}
}

var errWire = errors.New("the connection broke")

func TestStreamRest(t *testing.T) {
	body := `{"a":1, "data" : [ {"x":1} , {"x":2} ],"meta":{"total": 2},"links":[{"next":"u"}] }`
	got := scanStream(newStream(t, pageAt("data"), 10), strings.NewReader(body))
	if want := `{"a":1,"data":[],"meta":{"total": 2},"links":[{"next":"u"}]}`; got.err != nil || got.rest != want {
		t.Errorf("got %s and %v, want %s", got.rest, got.err, want)
	}
	keyed := schema.RecordPath{Steps: []string{"data.by"}, Keyed: "id"}
	got = scanStream(newStream(t, keyed, 10), strings.NewReader(`{"data":{"n":1,"by":{"k":{}}}}`))
	if want := `{"data":{"n":1,"by":{}}}`; got.err != nil || got.rest != want {
		t.Errorf("got %s and %v, want %s", got.rest, got.err, want)
	}
}

func TestStreamRefusesPaths(t *testing.T) {
	for _, path := range []schema.RecordPath{
		pageAt("data.#(ok==true)#"), pageAt("data|@values"), pageAt("res*", "lines"), {Steps: []string{"rows"}, ColumnsPath: "meta.columns"},
	} {
		if _, err := schema.NewStreamScanner(path); err == nil || !strings.Contains(err.Error(), "whole body") {
			t.Errorf("%+v: got %v, want that it needs the whole body", path, err)
		}
	}
}

// TestStreamLimits: a record that fits is taken and one byte more is refused,
// and likewise what stands beside the records.
func TestStreamLimits(t *testing.T) {
	const limit = 300
	record := func(size int) string { return `{"a":"` + strings.Repeat("x", size-8) + `"}` }
	for _, test := range []struct {
		name string
		path schema.RecordPath
		body string
		kind scan.BodyErrorKind
		at   string
	}{
		{"a record", pageAt("data"), `{"data":[{},` + record(limit) + `,{}]}`, 0, ""},
		{"a longer record", pageAt("data"), `{"data":[{},` + record(2*limit) + `]}`, scan.RecordTooLarge, "data.1"},
		{"a longer single record", schema.RecordPath{Steps: []string{"data"}, Single: true}, `{"data":` + record(2*limit) + `}`, scan.RecordTooLarge, "data"},
		{"a longer keyed record", schema.RecordPath{Steps: []string{"data"}, Keyed: "id"}, `{"data":{"k":` + record(2*limit) + `}}`, scan.RecordTooLarge, "data.k"},
		{"a longer key", schema.RecordPath{Steps: []string{"data"}, Keyed: "id"}, `{"data":{` + record(2 * limit)[5:2*limit-1] + `:{}}}`, scan.RecordTooLarge, "data"},
		{"a longer parent", pageAt("data", "lines"), `{"data":[{"lines":[{}]},{"lines":[` + strings.Repeat("{},", limit) + `{}]}]}`, scan.RecordTooLarge, "data.1"},
		{"a member beside", pageAt("data"), `{"x":` + record(2*limit) + `,"data":[]}`, scan.RestTooLarge, "@this"},
		{"a key beside", pageAt("data"), `{` + record(2 * limit)[5:2*limit-1] + `:1,"data":[]}`, scan.RestTooLarge, "@this"},
		{"many members beside", pageAt("data"), `{` + strings.Repeat(`"x":[1,2],`, limit) + `"data":[]}`, scan.RestTooLarge, "@this"},
		{"another type", pageAt("data"), `{"data":{"x":` + record(2*limit) + `}}`, scan.NotArray, "data"},
		{"another type, then too long", pageAt("data"), `{"data":[1,` + record(2*limit) + `]}`, scan.NotObject, "data.0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, window := range []int{1, 64, 200} {
				s := newStream(t, test.path, window)
				s.SetLimits(window, limit, limit)
				got := scanStream(s, strings.NewReader(test.body))
				checkBodyError(t, got.err, test.kind, "")
				var fault *scan.BodyError
				if errors.As(got.err, &fault) && fault.Path != test.at {
					t.Errorf("window %d: got the path %q, want %q: %v", window, fault.Path, test.at, fault)
				}
			}
		})
	}
}

// TestStreamEndsWithItsPiece: what a piece returns ends the scan.
func TestStreamEndsWithItsPiece(t *testing.T) {
	pieces := 0
	_, err := newStream(t, pageAt("@this"), 8).Scan(strings.NewReader(`[{"a":1},{"a":2},{"a":3}]`), func(*schema.Page) error {
		pieces++
		return errWire
	})
	if err != errWire || pieces != 1 {
		t.Errorf("got %v after %d pieces", err, pieces)
	}
}

// endless is a body of so many records, made as it is read.
type endless struct {
	left int
	text []byte
	buf  []byte
}

func (e *endless) Read(p []byte) (int, error) {
	for len(e.buf) < len(p) && e.left >= 0 {
		e.left--
		switch {
		case e.left > 0:
			e.buf = append(append(e.buf, e.text...), ',')
		case e.left == 0:
			e.buf = append(append(e.buf, e.text...), `],"next":"more"}`...)
		}
	}
	n := copy(p, e.buf)
	e.buf = e.buf[:copy(e.buf, e.buf[n:])]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// TestStreamMemory: memory does not grow with the body, and nothing is
// allocated for a record.
func TestStreamMemory(t *testing.T) {
	record := []byte(`{"id":12345,"name":"some name","tags":["a","b"],"n":1.5}`)
	const count = 200_000
	s, err := schema.NewStreamScanner(pageAt("data"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	pages := func() {
		n = 0
		body := io.MultiReader(strings.NewReader(`{"data":[`), &endless{left: count, text: record})
		rest, err := s.Scan(body, func(p *schema.Page) error {
			n += len(p.Records)
			return nil
		})
		if err != nil || gjson.GetBytes(rest, "next").String() != "more" {
			t.Fatalf("got %s and %v", rest, err)
		}
	}
	if allocs := testing.AllocsPerRun(1, pages); n != count || allocs > count/100 {
		t.Errorf("%v allocations for %d records of %d", allocs, n, count)
	}
	if s.Memory() != 128<<10 {
		t.Errorf("the window has grown to %d bytes", s.Memory())
	}
}

// FuzzStream holds the streaming scan against that of whole bodies.
func FuzzStream(f *testing.F) {
	for _, body := range streamBodies {
		f.Add([]byte(body), uint8(3), uint8(1))
	}
	f.Fuzz(func(t *testing.T, body []byte, window, path uint8) {
		sameAsPage(t, streamPaths[int(path)%len(streamPaths)], string(body), 1+int(window))
		sameAsPage(t, streamPaths[int(path)%len(streamPaths)], string(bytes.TrimSpace(body)), 1+int(window)%7)
	})
}

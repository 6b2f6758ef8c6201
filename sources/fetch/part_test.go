package fetch_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// longFile is an API with one long answer, which breaks off.
type longFile struct {
	body   string
	etag   string
	breaks []int  // after so many bytes of each answer, one after the other
	how    string // it answers a Range: "", ignored, wrong, refused, changed, short, another, untagged, longer
	chunks bool   // no answer says its length
	asked  []string
	sent   []int // bytes, of each answer
}

func (f *longFile) RoundTrip(r *http.Request) (*http.Response, error) {
	f.asked = append(f.asked, r.Header.Get("Range"))
	h, status, text := http.Header{"Etag": {f.etag}, "Content-Type": {"application/json"}, "Content-Length": {strconv.Itoa(len(f.body))}}, 200, f.body
	if f.chunks {
		h.Del("Content-Length")
	}
	if begin, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok {
		from, _ := strconv.Atoi(strings.TrimSuffix(begin, "-"))
		switch {
		case f.how == "changed":
			f.etag, f.how = `"v2"`, ""
			h.Set("ETag", f.etag)
			f.body = strings.Replace(f.body, `{"id":1,`, `{"id":0,`, 1)
			text = f.body
		case f.how == "untagged", f.how == "another", f.how == "longer", f.how == "short":
			to, total := len(text), len(text)
			switch f.how {
			case "untagged":
				h.Del("ETag")
			case "another":
				h.Set("ETag", `"v2"`)
			case "longer":
				total++
			case "short":
				to = from + 1000
			}
			f.how = ""
			h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, total))
			status, text = 206, text[from:to]
		case from >= len(text):
			switch f.how {
			case "":
				h.Set("Content-Range", fmt.Sprintf("bytes */%d", len(text)))
			case "was longer":
				h.Set("Content-Range", fmt.Sprintf("bytes */%d", len(text)-1))
			}
			status, text = 416, "no such range"
		case f.how == "refused":
			f.how, status, text = "", 416, ""
		case f.how == "wrong":
			f.how = ""
			h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from+1, len(text)-1, len(text)))
			status, text = 206, text[from+1:]
		case f.how == "" && r.Header.Get("If-Range") == f.etag:
			h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(text)-1, len(text)))
			status, text = 206, text[from:]
		}
	}
	a := answer{status: status, body: text, header: h}.response(r)
	a.ContentLength = -1 // else what fits into memory is not written to a file
	n := len(text)
	if len(f.breaks) > 0 && f.breaks[0] <= n && status != 416 {
		n = f.breaks[0]
		a.Body = io.NopCloser(io.MultiReader(strings.NewReader(text[:n]), broken{}))
	}
	if len(f.breaks) > 0 {
		f.breaks = f.breaks[1:]
	}
	f.sent = append(f.sent, n)
	return a, nil
}

// broken is a connection that is cut.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset by peer") }

func manyOrders(n int) string {
	var b bytes.Buffer
	b.WriteString(`{"data":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"note":%q}`, i+1, strings.Repeat("x", 100))
	}
	b.WriteString("]}")
	return b.String()
}

// TestLongAnswerGoesOn proves that a long answer which breaks off goes on where it
// broke off, and that what the server answers instead is never joined to it.
func TestLongAnswerGoesOn(t *testing.T) {
	whole := manyOrders(30_000)
	const mib = 1 << 20
	for _, tt := range []struct {
		name, how, etag string
		breaks          []int
		ranges          []string
		chunks          bool
	}{
		{"once", "", `"v1"`, []int{2 * mib}, []string{"", "bytes=2097152-"}, false},
		{"twice", "", `"v1"`, []int{2 * mib, 700}, []string{"", "bytes=2097152-", "bytes=2097852-"}, false},
		{"within what goes to memory", "", `"v1"`, []int{1000}, []string{"", ""}, false},
		{"no version", "", ``, []int{2 * mib}, []string{"", ""}, false},
		{"a weak version", "", `W/"v1"`, []int{2 * mib}, []string{"", ""}, false},
		{"ignored", "ignored", `"v1"`, []int{2 * mib}, []string{"", "bytes=2097152-"}, false},
		{"changed", "changed", `"v1"`, []int{2 * mib}, []string{"", "bytes=2097152-"}, false},
		{"refused", "refused", `"v1"`, []int{2 * mib}, []string{"", "bytes=2097152-", ""}, false},
		{"a part of it", "short", `"v1"`, []int{2 * mib}, []string{"", "bytes=2097152-", "bytes=2098152-"}, false},
		{"no version of the rest", "untagged", `"v1"`, []int{2 * mib}, []string{"", "bytes=2097152-", ""}, false},
		{"another version of the rest", "another", `"v1"`, []int{2 * mib}, []string{"", "bytes=2097152-", ""}, false},
		{"another length", "longer", `"v1"`, []int{2 * mib}, []string{"", "bytes=2097152-", ""}, false},
		{"after its last byte", "", `"v1"`, []int{len(whole)}, []string{"", fmt.Sprintf("bytes=%d-", len(whole))}, false},
		{"after its last byte, of how many nobody said", "", `"v1"`, []int{len(whole)}, []string{"", fmt.Sprintf("bytes=%d-", len(whole))}, true},
		{"after a last byte that is none", "was longer", `"v1"`, []int{len(whole)}, []string{"", fmt.Sprintf("bytes=%d-", len(whole)), ""}, true},
		{"after what may be its last byte", "untold", `"v1"`, []int{len(whole)}, []string{"", fmt.Sprintf("bytes=%d-", len(whole)), ""}, true},
		{"another part", "wrong", `"v1"`, []int{2 * mib}, []string{"", "bytes=2097152-", ""}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &longFile{body: whole, etag: tt.etag, breaks: tt.breaks, how: tt.how, chunks: tt.chunks}
				stream := define(t, "", "path: /orders")[0]
				got := newRig(t, stream, api).run(stream, paging.Position{})
				if got.err != nil {
					t.Fatal(got.err, api.asked)
				}
				want := upTo(30_000)
				if tt.how == "changed" {
					want[0] = "0"
				}
				if !slices.Equal(got.ids, want) {
					t.Errorf("%d records, from %v", len(got.ids), got.ids[:min(3, len(got.ids))])
				}
				if !slices.Equal(api.asked, tt.ranges) {
					t.Errorf("asked for %q, want %q", api.asked, tt.ranges)
				}
			})
		})
	}
}

// TestLongAnswerGoesOnInAnotherRun proves the same of a run that ends where the answer
// breaks off: the next one asks for the rest alone.
func TestLongAnswerGoesOnInAnotherRun(t *testing.T) {
	const mib = 1 << 20
	api := &longFile{body: manyOrders(30_000), etag: `"v1"`, breaks: []int{2 * mib}}
	stream := define(t, "retry: {attempts: 1, cool_down: 0s}", "path: /orders")[0]
	dir := t.TempDir()
	j := openJournal(t, dir)
	w := newRig(t, stream, api).walk(stream, paging.Position{})
	record(t, w, j)
	if got := drain(t, w); got.err == nil {
		t.Fatal("the first run is whole")
	}
	j = reopened(t, dir, j)
	w = newRig(t, stream, api).walk(stream, paging.Position{})
	record(t, w, j)
	got := drain(t, w)
	if got.err != nil || !slices.Equal(got.ids, upTo(30_000)) {
		t.Fatalf("%d records and %v", len(got.ids), got.err)
	}
	if want := []string{"", "bytes=2097152-"}; !slices.Equal(api.asked, want) || api.sent[0]+api.sent[1] != len(api.body) {
		t.Errorf("asked for %q, sent %d of %d bytes", api.asked, api.sent, len(api.body))
	}
	j = reopened(t, dir, j)
	w = newRig(t, stream, api).walk(stream, paging.Position{})
	record(t, w, j).Only = true
	if again := drain(t, w); again.err != nil || !slices.Equal(again.ids, got.ids) {
		t.Errorf("replayed: %d records and %v", len(again.ids), again.err)
	}
}

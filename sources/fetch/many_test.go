package fetch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/testrig"
)

// manyRecords is a body of more records than a page holds, and the id of the
// last of them.
func manyRecords() (body string, count, last int) {
	const n = schema.MaxRecords + 100
	var b strings.Builder
	b.WriteString(`{"data":[`)
	for i := range n {
		fmt.Fprintf(&b, `{"id":%d},`, i)
	}
	return strings.TrimSuffix(b.String(), ",") + `],"more":false}`, n, n - 1
}

// TestManyRecords: an answer with more records than a page holds comes in
// pieces. What keys see of it is all of it, unlike of one that is too long.
func TestManyRecords(t *testing.T) {
	body, count, last := manyRecords()
	for _, tt := range []struct{ name, pagination string }{
		{"one page", `{type: none}`},
		{"a total of the records", `{type: page, param: page, total: "data.#", size: 40000}`},
		{"a template over the records", `{type: page, param: page, stop: "{{ response.data | length > 1000 }}"}`},
		{"keyset", `{type: keyset, field: id, param: after, more: more}`},
	} {
		for _, journaled := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, journal %v", tt.name, journaled), func(t *testing.T) {
				stream := define(t, "", `path: /orders, records: data, pagination: `+tt.pagination)[0]
				calls := 0
				r := newRig(t, stream, transport(func(q *http.Request) (*http.Response, error) {
					calls++
					return answer{200, body, http.Header{}}.response(q), nil
				}))
				j := openJournal(t, testrig.Folder(t))
				for range 2 { // the second walk has the page from the journal
					w := r.walk(stream, paging.Position{})
					if journaled {
						record(t, w, j)
					}
					page, err := w.Next(context.Background())
					if err != nil {
						t.Fatal(err)
					}
					if !page.Long() || page.Count() != count || page.Records.Len() != count || page.Size() != int64(len(body)) || !page.Last {
						t.Errorf("long %v, %d records, %d bytes, last %v", page.Long(), page.Count(), page.Size(), page.Last)
					}
					if held := page.Held(); held < int64(len(body)) || held > int64(3*len(body)) {
						t.Errorf("the page holds %d bytes, its body has %d", held, len(body))
					}
					if journaled {
						page.Spool()
						if !page.Spooled() || page.Held() > fetch.PlaceSize {
							t.Errorf("the spooled page holds %d bytes", page.Held())
						}
						if err := r.client.Reload(context.Background(), j, page, w.Splitter()); err != nil {
							t.Fatal(err)
						}
					}
					var got seen
					got.take(t, page, w)
					if len(got.ids) != count || got.ids[last] != fmt.Sprint(last) || !bytes.Equal(page.Body.Text, []byte(body)) {
						t.Errorf("got %d records, want %d", len(got.ids), count)
					}
					page.Release()
					if _, err := w.Next(context.Background()); !errors.Is(err, io.EOF) {
						t.Errorf("then: %v", err)
					}
				}
				if want := 2; journaled && calls != 1 || !journaled && calls != want {
					t.Errorf("%d calls", calls)
				}
			})
		}
	}
}

// TestManyRecordsBroken: such an answer is proven whole like any other.
func TestManyRecordsBroken(t *testing.T) {
	body, _, _ := manyRecords()
	for name, broken := range map[string]string{
		"cut": body[:len(body)-20], "no object": strings.Replace(body, `{"id":32800}`, `32800`, 1),
	} {
		stream := define(t, "retry: {attempts: 1}", `path: /orders, records: data, pagination: {type: none}`)[0]
		r := newRig(t, stream, transport(func(q *http.Request) (*http.Response, error) {
			return answer{200, broken, http.Header{}}.response(q), nil
		}))
		_, err := r.walk(stream, paging.Position{}).Next(context.Background())
		if e := failure(t, err); name == "no object" && (e.Class != fetch.Permanent || !strings.Contains(e.Error(), "data.32800")) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

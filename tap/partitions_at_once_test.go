package tap_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/testrig"
)

// slowAccounts answers after a latency: /accounts has the accounts, one page,
// and each account has pages of two items.
type slowAccounts struct {
	accounts, pages int
	latency         time.Duration
}

func (s slowAccounts) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(s.latency):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	var b strings.Builder
	if r.URL.Path == "/accounts" {
		for i := range s.accounts {
			fmt.Fprintf(&b, `,{"id":%d}`, i)
		}
		return testrig.Answer(r, 200, `{"data":[`+b.String()[1:]+`],"next":""}`), nil
	}
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	next := strconv.Itoa(after + 1)
	if after+1 == s.pages {
		next = ""
	}
	return testrig.Answer(r, 200, fmt.Sprintf(`{"data":[{"id":"%s-%d"},{"id":"%[1]s-%[2]d+"}],"next":%q}`, r.URL.Path, after, next)), nil
}

// accountsAtOnce reads 64 contexts of 4 pages by 16 workers.
func accountsAtOnce(parent bool, api http.RoundTripper, workDir string) setup {
	var values []string
	for i := range 64 {
		values = append(values, fmt.Sprintf("%q", strconv.Itoa(i)))
	}
	axis, parents := "{name: account, values: ["+strings.Join(values, ", ")+"]}", ""
	if parent {
		axis, parents = "{parent: accounts, keys: {account: id}}", "  - {name: accounts, path: /accounts}\n"
	}
	return setup{api: api, workDir: workDir, config: `{"run": {"concurrency": 16}}`, head: "version: 1\nname: t\nclient: {base_url: http://api.test, max_in_flight: 16}\n",
		definition: "defaults: {records: data, primary_key: [id], schema: {type: object}, pagination: {type: cursor, next: next, param: after}}\nstreams:\n" + parents +
			"  - name: items\n    path: /accounts/{{ partition.account }}/items\n    partition_by: [" + axis + "]\n"}
}

// TestPartitionsAtOnce: partitions that wait for their answers are walked by as
// many workers as there are, without a pause between two of them: 64 contexts of 4
// pages by 16 workers take as long as 16 pages do.
func TestPartitionsAtOnce(t *testing.T) {
	for _, tt := range []struct {
		name   string
		parent bool
		want   time.Duration
	}{
		{"values", false, 16 * 50 * time.Millisecond},
		{"parents", true, 17 * 50 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				r := accountsAtOnce(tt.parent, slowAccounts{64, 4, 50 * time.Millisecond}, memoryFolder(t)).must(t)
				if got := len(r.records("items")); got != 64*4*2 {
					t.Errorf("got %d records, want %d", got, 64*4*2)
				}
				if took := time.Since(began); took != tt.want {
					t.Errorf("it took %s, want %s", took, tt.want)
				}
			})
		})
	}
}

// BenchmarkPartitionsAtOnce reports how much longer 64 contexts of 4 pages take
// than 16 pages do, on a clock that is real.
func BenchmarkPartitionsAtOnce(b *testing.B) {
	const latency = 50 * time.Millisecond
	for _, parent := range []bool{false, true} {
		b.Run(fmt.Sprintf("parent=%v", parent), func(b *testing.B) {
			for b.Loop() {
				s := accountsAtOnce(parent, slowAccounts{64, 4, latency}, b.TempDir())
				began := time.Now()
				if _, err := tap.Sync(b.Context(), s.options(&testing.T{}, io.Discard, io.Discard)); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(time.Since(began))/float64(16*latency), "ofIdeal")
			}
		})
	}
}

package tap_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/testrig"
)

// oddShops answers the same odd records, and a doubtful end, for each shop.
type oddShops struct{}

func (oddShops) RoundTrip(r *http.Request) (*http.Response, error) {
	return testrig.Answer(r, 200, `{"next":"","has_more":true,"data":[
		{"id":1,"n":"x","updated_at":"2025-01-01T00:00:00Z"},
		{"id":2,"n":1,"updated_at":null},
		{"id":3,"n":1,"updated_at":"2999-01-01T00:00:00Z"},
		{"id":4,"n":1,"updated_at":"2025-01-01T00:00:00Z"},
		{"id":4,"n":2,"updated_at":"2025-01-01T00:00:00Z"}]}`), nil
}

const thirtyOddShops = partitioned + `  - name: orders
    path: /shops/{{ partition.shop }}
    params: {from: "{{ window.start }}"}
    replication_key: updated_at
    incremental: {start: "2025-01-01"}
    partition_by: [{name: shop, values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30]}]
    on_invalid: pass
    schema: {type: object, properties: {id: {type: integer}, n: {type: integer}, updated_at: {type: ["null", string]}}}
`

// TestToldOnce proves that the log tells once for a stream what is odd about the
// records of each of its partitions, that numbers are those of all of them, and
// that the account counts them all.
func TestToldOnce(t *testing.T) {
	r := setup{definition: thirtyOddShops, workDir: memoryFolder(t), api: oddShops{}}.must(t)
	for _, want := range []string{
		"does not fit its schema",
		"came twice in one answer with different content",
		"more than a day ahead of our clock",
		"key is null or missing",
		"may not be complete",
		"the bookmark stays where it is",
		`msg="stream read"`,
	} {
		if n := strings.Count(r.log, want); n != 1 {
			t.Errorf("the log says %d times: %s", n, want)
		}
	}
	if n := strings.Count(r.log, "records=30 "); n != 2 {
		t.Errorf("%d lines count the records of all partitions, want 2", n)
	}
	orders := r.account.Stream("orders")
	for _, c := range []report.Count{report.PassedOn, report.SameKey, report.AheadOfClock, report.NoValue} {
		want := int64(30)
		if c == report.SameKey {
			want += 29 // came in the first of them, too
		}
		if orders.Counts[c] != want {
			t.Errorf("the account counts %d of kind %d, want %d", orders.Counts[c], c, want)
		}
	}
	if !strings.Contains(r.account.String(), "and 29 more signs") {
		t.Errorf("the account does not count the doubts of all partitions:\n%s", r.account)
	}
	if t.Failed() {
		t.Log(r.log)
	}
}

// TestKeepsNothing proves that a keep which is true for no record of any
// partition is told of once, and one that is true for some of them is not.
func TestKeepsNothing(t *testing.T) {
	for _, tt := range []struct {
		keep string
		told int
	}{
		{"{{ record.stauts == 'open' }}", 1},
		{"{{ partition.shop == 30 }}", 0},
	} {
		r := setup{definition: thirtyOddShops + "    keep: \"" + tt.keep + "\"\n", workDir: memoryFolder(t), api: oddShops{}}.must(t)
		if n := strings.Count(r.log, "keep is true for none of the 150 records"); n != tt.told {
			t.Errorf("%s: told of %d times, want %d:\n%s", tt.keep, n, tt.told, r.log)
		}
		if n := strings.Count(r.account.String(), "keep is true for none"); n != tt.told {
			t.Errorf("%s: the account says so %d times, want %d:\n%s", tt.keep, n, tt.told, r.account)
		}
	}
}

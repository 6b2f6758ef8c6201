package tap_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// TestPagesAhead: pages past the end that were asked for ahead are thrown away, and
// the account says how many.
func TestPagesAhead(t *testing.T) {
	for ahead, want := range map[int]string{1: "", 4: "3 pages asked for ahead were thrown away"} {
		synctest.Test(t, func(t *testing.T) {
			api := apitest.New().Add(apitest.Collection{Path: "/items", Style: apitest.Page, Rows: stamped(20, june)})
			r := setup{api: api, workDir: memoryFolder(t), definition: fmt.Sprintf("streams:\n  - {name: items, path: /items, records: data, primary_key: [id], "+
				"params: {limit: 2}, schema: {type: object}, pagination: {type: page, param: page, ahead: %d}}\n", ahead)}.must(t)
			if got := len(r.records("items")); got != 20 {
				t.Errorf("got %d records, want 20", got)
			}
			account := r.account.String()
			if strings.Contains(account, "thrown away") != (want != "") || !strings.Contains(account, want) {
				t.Errorf("with ahead %d the account says\n%s", ahead, account)
			}
			if got, most := api.Count(), 11+ahead-1; got < 11 || got > most { // some are taken back before they are sent
				t.Errorf("with ahead %d got %d calls, want %d at most", ahead, got, most)
			}
		})
	}
}

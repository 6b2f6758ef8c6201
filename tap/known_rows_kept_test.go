package tap_test

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/tap"
)

const settledHead = `version: 1
name: t
settings:
  properties:
    accounts: {type: array, items: {type: string}, default: [eu, us]}
    token: {type: string, secret: true}
client:
  base_url: http://api.test
  retry: {attempts: 2, min_wait: 1ms, max_wait: 1ms}
`

// ofAccounts has a stream that marks what is gone and one that leaves out what did
// not change, both by account.
const ofAccounts = partitioned + `  - name: shops
    path: /{{ partition.account }}/shops
    primary_key: [account, id]
    on_delete: mark
    max_deletes: 100%
    partition_by: [{name: account, values: "{{ config.accounts }}"}]
    schema: {properties: {id: {type: integer}}}
  - name: orders
    path: /{{ partition.account }}/orders
    primary_key: [account, id]
    params: {from: "{{ window.start }}"}
    replication_key: updated_at
    skip_unchanged: true
    incremental: {start: "2025-05-01", lookback: 30d}
    partition_by: [{name: account, values: "{{ config.accounts }}"}]
`

// accountsAPI has rows of the same ids in both accounts.
func accountsAPI() *shops {
	api := newShops()
	for _, account := range []string{"eu", "us"} {
		for i, one := range many(9, time.Date(2025, 5, 28, 0, 0, 0, 0, time.UTC)) {
			one.Account, one.Open = account, i%2 == 0
			api.add("/"+account+"/orders", one).add("/"+account+"/shops", one)
		}
	}
	return api
}

// inJune runs a test in a bubble, in June of 2025.
func inJune(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
		test(t)
	})
}

// leaves runs, and checks how many records of each stream leave, and how many of
// them are marks.
func (s *setup) leaves(t *testing.T, what string, want string) {
	t.Helper()
	time.Sleep(time.Hour)
	r := s.must(t)
	s.state = r.state()
	var got []string
	for _, stream := range []string{"shops", "orders"} {
		all, marks := records(r, stream)
		got = append(got, fmt.Sprintf("%s %d, %d marks", stream, all, marks))
	}
	if got := strings.Join(got, "; "); got != want {
		t.Errorf("%s: %s; want %s", what, got, want)
	}
}

// TestUnchangedOfContexts: keys that are the same in several contexts are told
// apart, and what changed in one of them leaves.
func TestUnchangedOfContexts(t *testing.T) {
	inJune(t, func(t *testing.T) {
		api := accountsAPI()
		s := setup{head: settledHead, definition: ofAccounts, workDir: memoryFolder(t), api: api}
		s.leaves(t, "first", "shops 18, 0 marks; orders 18, 0 marks")
		s.leaves(t, "nothing changed", "shops 18, 0 marks; orders 0, 0 marks")
		api.rows["/us/orders"][4].Open = !api.rows["/us/orders"][4].Open
		s.leaves(t, "one of us changed", "shops 18, 0 marks; orders 1, 0 marks")
		api.rows["/us/orders"][4].Open = !api.rows["/us/orders"][4].Open
		s.leaves(t, "it is again as it was", "shops 18, 0 marks; orders 1, 0 marks")
		s.leaves(t, "nothing changed any more", "shops 18, 0 marks; orders 0, 0 marks")
	})
}

// TestKnownRowsUnderOtherSettings: what is known goes with the state, whichever
// settings and secrets the next run has: what an account had that is no longer
// read is gone, and what did not change is left out.
func TestKnownRowsUnderOtherSettings(t *testing.T) {
	inJune(t, func(t *testing.T) {
		api := accountsAPI()
		s := setup{head: settledHead, definition: ofAccounts, workDir: memoryFolder(t), api: api, config: `{"token": "a"}`}
		s.leaves(t, "first", "shops 18, 0 marks; orders 18, 0 marks")
		s.config = `{"token": "b"}`
		s.leaves(t, "another token", "shops 18, 0 marks; orders 0, 0 marks")
		s.config = `{"token": "b", "accounts": ["eu"]}`
		api.rows["/eu/shops"] = api.rows["/eu/shops"][1:]
		s.leaves(t, "one account", "shops 18, 10 marks; orders 0, 0 marks")
		s.leaves(t, "again", "shops 8, 0 marks; orders 0, 0 marks")
		s.config = `{"token": "c", "accounts": ["eu", "us"]}`
		s.leaves(t, "both", "shops 17, 0 marks; orders 0, 0 marks")
		if all, _ := filepath.Glob(filepath.Join(s.workDir, "t", "rows", "*", "shops")); len(all) != 1 {
			t.Errorf("what is known lies in %q, not in the one folder in which the states began", all)
		}
	})
}

// TestKnownRowsOfTwoTargets: two targets with one work folder, and one that begins
// anew, get all that they do not have.
func TestKnownRowsOfTwoTargets(t *testing.T) {
	inJune(t, func(t *testing.T) {
		api := accountsAPI()
		a := setup{head: settledHead, definition: ofAccounts, workDir: memoryFolder(t), api: api}
		a.leaves(t, "the first target", "shops 18, 0 marks; orders 18, 0 marks")
		b := a
		b.state = ""
		b.leaves(t, "the second one", "shops 18, 0 marks; orders 18, 0 marks")
		a.leaves(t, "the first again: nothing that the other one got differs", "shops 18, 0 marks; orders 0, 0 marks")
		api.rows["/eu/orders"][3].Open = !api.rows["/eu/orders"][3].Open
		b.leaves(t, "the second one gets the change", "shops 18, 0 marks; orders 1, 0 marks")
		a.leaves(t, "and the first", "shops 18, 0 marks; orders 1, 0 marks")
		api.rows["/eu/orders"][3].Open = !api.rows["/eu/orders"][3].Open
		b.leaves(t, "the second one gets it back", "shops 18, 0 marks; orders 1, 0 marks")
		a.leaves(t, "and the first", "shops 18, 0 marks; orders 1, 0 marks")
		api.add("/us/shops", row{ID: 100, Account: "us"})
		b.leaves(t, "a shop that the first does not see, and an order that is in doubt", "shops 19, 0 marks; orders 1, 0 marks")
		api.rows["/us/shops"] = api.rows["/us/shops"][:9]
		a.leaves(t, "it may be there", "shops 19, 1 marks; orders 1, 0 marks")
		c := a
		c.state = ""
		c.leaves(t, "a target that begins anew", "shops 19, 1 marks; orders 18, 0 marks")
	})
}

// TestLongerLookback: of what only a longer lookback asks for nothing is known any
// more: it leaves once.
func TestLongerLookback(t *testing.T) {
	inJune(t, func(t *testing.T) {
		api := accountsAPI()
		api.add("/eu/orders", row{ID: 50, Account: "eu", Updated: "2025-05-03T00:00:00Z"})
		s := setup{head: settledHead, definition: strings.Replace(ofAccounts, "lookback: 30d", "lookback: 10d", 1), workDir: memoryFolder(t), api: api}
		s.leaves(t, "first", "shops 18, 0 marks; orders 19, 0 marks")
		s.leaves(t, "ten days", "shops 18, 0 marks; orders 0, 0 marks")
		s.leaves(t, "ten days", "shops 18, 0 marks; orders 0, 0 marks")
		s.definition = ofAccounts
		s.leaves(t, "thirty", "shops 18, 0 marks; orders 1, 0 marks")
		s.leaves(t, "thirty", "shops 18, 0 marks; orders 0, 0 marks")
	})
}

// TestMarksAfterAReplay: a replay marks nothing, and what it sent is marked later
// where it is gone.
func TestMarksAfterAReplay(t *testing.T) {
	inJune(t, func(t *testing.T) {
		api := accountsAPI()
		s := setup{head: settledHead, definition: ofAccounts, workDir: memoryFolder(t), api: api}
		s.leaves(t, "first", "shops 18, 0 marks; orders 18, 0 marks")
		before := s.state
		api.add("/us/shops", row{ID: 100, Account: "us"})
		time.Sleep(time.Hour)
		s.must(t) // its state is lost: only its journal has the new shop
		r, log := s.replay(t)
		if r.err != nil {
			t.Fatal(r.err, log)
		}
		if all, marks := records(r, "shops"); all != 19 || marks != 0 {
			t.Errorf("the replay sends %d records and %d marks, want 19 and none", all, marks)
		}
		if !strings.Contains(r.log, "no record of the stream is marked as deleted") {
			t.Errorf("log %s", r.log)
		}
		api.rows["/us/shops"] = api.rows["/us/shops"][:9]
		api.rows["/eu/shops"] = api.rows["/eu/shops"][2:]
		s.state = before
		s.leaves(t, "the pass that was lost comes from the journal", "shops 19, 0 marks; orders 18, 0 marks")
		s.leaves(t, "what the replay sent is gone, and what was there before", "shops 19, 3 marks; orders 0, 0 marks")
		s.leaves(t, "nothing more", "shops 16, 0 marks; orders 0, 0 marks")
	})
}

// TestDiscoveryShowsTheMark: an Airbyte catalog has the field that marks have, since
// nothing else tells a destination; Singer's has a SCHEMA for that.
func TestDiscoveryShowsTheMark(t *testing.T) {
	for _, airbyte := range []bool{false, true} {
		api := accountsAPI()
		s := setup{head: settledHead, definition: ofAccounts, workDir: memoryFolder(t), api: api, airbyte: airbyte}
		all, err := tap.Discover(t.Context(), s.options(t, io.Discard, io.Discard))
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range all {
			want := airbyte && one.Name == "shops"
			if got := bytes.Contains(one.Schema, []byte(`"_ab_cdc_deleted_at":{"type":["null","string"],"format":"date-time"}`)); got != want || bytes.Contains(one.Schema, []byte("_sdc_")) {
				t.Errorf("airbyte %v: %s: schema %s", airbyte, one.Name, one.Schema)
			}
		}
	}
}

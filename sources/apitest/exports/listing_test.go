package exports_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/calls"
	"github.com/tap-rest/tap-rest/sources/apitest/exports"
)

type listingReply struct {
	Data []struct {
		ID, Name, URL, SHA256 string
		UpdatedAt             string `json:"updated_at"`
		Size                  int
	}
	NextPage string `json:"next_page"`
}

// TestListing walks a listing, whose files can change.
func TestListing(t *testing.T) {
	var reports []exports.File
	for day := range 25 {
		reports = append(reports, exports.File{Name: fmt.Sprintf("%02d.csv", day), Data: exports.CSV("", day*10, 10)})
	}
	e := &exports.Server{}
	c, api := newExporter(t, e, apitest.OnPath("/files/reports/3", 2, exports.ChangeFile(func([]byte) []byte { return []byte("id\n") })))
	api.Add(e.Listing(reports...))

	var names []string
	link, cursor := "", ""
	for {
		page := parse[listingReply](t, c.do(200, calls.Call{Method: "GET", URL: "/listing?cursor=" + url.QueryEscape(cursor)}).Body)
		for _, r := range page.Data {
			names = append(names, r.Name)
			got := c.do(200, calls.Get(r.URL))
			if sum := sha256.Sum256(got.Body); hex.EncodeToString(sum[:]) != r.SHA256 || len(got.Body) != r.Size {
				t.Errorf("%s has %d bytes, want %d", r.Name, len(got.Body), r.Size)
			}
			if r.ID == "report-4" {
				link = r.URL
			}
		}
		if cursor = page.NextPage; cursor == "" {
			break
		}
	}
	if len(names) != 25 || !slices.IsSorted(names) {
		t.Errorf("got %q", names)
	}
	if got := c.do(200, calls.Get(link)); string(got.Body) != "id\n" {
		t.Errorf("got %s, want the changed file", got.Body)
	}
	later := parse[listingReply](t, c.do(200, calls.Get("/listing?from=2024-01-25T00:00:00Z")).Body)
	if n := len(later.Data); n != 2 || later.Data[0].Name != "24.csv" || later.Data[1].Name != "03.csv" || later.Data[1].Size != 3 {
		t.Errorf("got %+v, want the last report and the one that changed", later.Data)
	}
	api.Reset()
	if got := parse[listingReply](t, c.do(200, calls.Get("/listing?from=2024-01-25T00:00:00Z")).Body); len(got.Data) != 1 {
		t.Errorf("got %+v after Reset, want the last report", got.Data)
	}
}

package apitest_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
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
	var reports []apitest.File
	for day := range 25 {
		reports = append(reports, apitest.File{Name: fmt.Sprintf("%02d.csv", day), Data: apitest.CSV("", day*10, 10)})
	}
	e := &apitest.Exports{}
	c, api := newExporter(t, e, apitest.OnPath("/files/reports/3", 2, apitest.ChangeFile(func([]byte) []byte { return []byte("id\n") })))
	api.Add(e.Listing(reports...))

	var names []string
	link, cursor := "", ""
	for {
		page := parse[listingReply](t, c.do(200, call{method: "GET", url: "/listing?cursor=" + url.QueryEscape(cursor)}).body)
		for _, r := range page.Data {
			names = append(names, r.Name)
			got := c.do(200, get(r.URL))
			if sum := sha256.Sum256(got.body); hex.EncodeToString(sum[:]) != r.SHA256 || len(got.body) != r.Size {
				t.Errorf("%s has %d bytes, want %d", r.Name, len(got.body), r.Size)
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
	if got := c.do(200, get(link)); string(got.body) != "id\n" {
		t.Errorf("got %s, want the changed file", got.body)
	}
	later := parse[listingReply](t, c.do(200, get("/listing?from=2024-01-25T00:00:00Z")).body)
	if n := len(later.Data); n != 2 || later.Data[0].Name != "24.csv" || later.Data[1].Name != "03.csv" || later.Data[1].Size != 3 {
		t.Errorf("got %+v, want the last report and the one that changed", later.Data)
	}
	api.Reset()
	if got := parse[listingReply](t, c.do(200, get("/listing?from=2024-01-25T00:00:00Z")).body); len(got.Data) != 1 {
		t.Errorf("got %+v after Reset, want the last report", got.Data)
	}
}

package tap_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// TestPartsOfAPage: lines of a page that are many leave in parts, with what add
// makes of them. The STATE between two parts is that of before the page.
func TestPartsOfAPage(t *testing.T) {
	text := strings.Repeat("x", 50_000)
	api := apitest.New().Add(apitest.Collection{
		Path: "/items", Style: apitest.Cursor, Size: longPage, Total: true,
		Made: apitest.Made{Count: longRecords, Record: func(i int) []byte {
			return fmt.Appendf(nil, `{"id":%d,"updated_at":"%s","text":"%s"}`, i+1, june.Add(time.Duration(i)*time.Minute).Format(time.RFC3339), text)
		}},
	})
	r := longSetup(t, api, `, add: {twice: "{{ record.text }}"}`, "").must(t)
	if got := r.lines.IDs("items"); !slices.Equal(got, longIDs()) {
		t.Fatalf("got records %v", got)
	}
	within, emitted := 0, 0
	for _, l := range r.lines {
		switch {
		case l.Type == "RECORD":
			emitted++
		case l.Type == "STATE" && emitted < longPage:
			within++
			if b := bookmarkOf(t, string(l.Value), "items"); len(b.Resume) > 0 {
				t.Errorf("after %d records of a page of %d, the state is %s", emitted, longPage, l.Value)
			}
		}
	}
	if within < 2 {
		t.Errorf("%d states within a page of 4 MB, want some", within)
	}
	s := r.account.Streams[0]
	if s.Pages != 2 || s.Written != longRecords {
		t.Errorf("the account has %d pages, %d records", s.Pages, s.Written)
	}
}

package tap_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/testrig"
)

// TestGoldenBookmarks reads a record with each golden value of package times:
// the bookmark is that value, and the next run asks from its instant; what is
// refused fails the stream, with the reason.
func TestGoldenBookmarks(t *testing.T) {
	data := testrig.Read(t, "../sources/times/testdata/times.json")
	var golden struct{ Cases [][2]json.RawMessage }
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	for _, c := range golden.Cases {
		value, keys := string(c[0]), `format: "%Y-%m-%dT%H:%M:%S.%fZ"`
		if text, more, ok := strings.Cut(value, " in record_timezone "); ok {
			zone, _, _ := strings.Cut(strings.Trim(more, `"`), " ")
			value, keys = text+`"`, keys+", record_timezone: "+zone
		}
		t.Run(value, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(june)
				s := setup{definition: bookmarked(keys), api: valuesAPI([]string{value})}
				if string(c[1]) == "null" {
					checkFailure(t, s.run(t).err, "is not recognised as a time: ")
					return
				}
				r := s.must(t)
				if got := r.mark(t, "items"); got != value {
					t.Errorf("got bookmark %s, want %s", got, value)
				}
				api := valuesAPI(nil)
				s.api, s.state = api, r.state()
				s.must(t)
				var want time.Time
				if err := json.Unmarshal(c[1], &want); err != nil {
					t.Fatal(err)
				}
				if got, want := params(api, "from")[0], want.Format("2006-01-02T15:04:05.000000Z"); got != want {
					t.Errorf("the next run asks from %s, want %s", got, want)
				}
			})
		})
	}
}

// TestAheadIsTold checks that values ahead of our clock are counted, and told
// once.
func TestAheadIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(june)
		values := []string{`"2206-01-01T00:00:00Z"`, `"2025-05-01T00:00:00Z"`, `null`, `"2025-06-03T00:00:00Z"`, `"2025-05-02T00:00:00Z"`}
		r := setup{definition: bookmarked(""), api: valuesAPI(values)}.must(t)
		if got, want := r.mark(t, "items"), `"2025-05-02T00:00:00Z"`; got != want {
			t.Errorf("got bookmark %s, want %s", got, want)
		}
		if got := len(r.records("items")); got != len(values) {
			t.Errorf("got %d records, want all %d", got, len(values))
		}
		if got := r.account.Streams[0].Counts[report.AheadOfClock]; got != 2 {
			t.Errorf("the account says %d, want 2", got)
		}
		if got := r.account.String(); !strings.Contains(got, "2 records have a replication value more than a day ahead of our clock") {
			t.Errorf("the account does not tell:\n%s", got)
		}
		if got := strings.Count(r.log, "ahead of our clock"); got != 1 {
			t.Errorf("the log tells %d times, want once:\n%s", got, r.log)
		}
		for _, want := range []string{"stream=items", "records=2", "id=0", "2206-01-01"} {
			if !strings.Contains(r.log, want) {
				t.Errorf("the log has no %s:\n%s", want, r.log)
			}
		}
	})
}

// TestAheadOfAnOldState checks that a high value of the future in a state, from
// before such were left out, does not hold the bookmark.
func TestAheadOfAnOldState(t *testing.T) {
	values := []string{`"2025-05-01T00:00:00Z"`, `"2025-05-02T00:00:00Z"`, `"2025-05-03T00:00:00Z"`, `"2025-05-04T00:00:00Z"`}
	s := setup{definition: bookmarked(""), config: `{"run": {"max_requests": 1, "journal": {"off": true}}}`, api: valuesAPI(values)}
	s.state = strings.Replace(s.must(t).state(), `"high":`+values[1], `"high":"2206-01-01T00:00:00Z"`, 1)
	if !strings.Contains(s.state, "2206") {
		t.Fatalf("the state has no such value: %s", s.state)
	}
	s.config = ""
	if got := s.must(t).mark(t, "items"); got != values[3] {
		t.Errorf("got bookmark %s, want %s", got, values[3])
	}
}

// TestZoneInState checks that a state says the zone of its bookmark where that
// is not UTC, and goes on saying so.
func TestZoneInState(t *testing.T) {
	zone := func(r result) string {
		_, after, _ := strings.Cut(r.state(), `"zone":"`)
		name, _, _ := strings.Cut(after, `"`)
		return name
	}
	s := setup{definition: bookmarked(""), api: valuesAPI([]string{`"2025-05-01 12:00:00"`})}
	r := s.must(t)
	if got := zone(r); got != "" {
		t.Errorf("in UTC the state says %q, want nothing", got)
	}
	s.definition = bookmarked("record_timezone: America/New_York")
	s.state = r.state()
	r = s.must(t)
	if got, mark := zone(r), r.mark(t, "items"); got != "America/New_York" || mark != `"2025-05-01 12:00:00"` {
		t.Errorf("got zone %q and bookmark %s, want New York's and that of the record", got, mark)
	}
	s.state, s.definition = r.state(), bookmarked("")
	if got := zone(s.must(t)); got != "UTC" {
		t.Errorf("got zone %q, want UTC", got)
	}
}

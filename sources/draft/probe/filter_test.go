package probe_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/draft/probe"
	"github.com/tap-rest/tap-rest/testrig"
)

// strictRows answers with the rows that its one filter lets through, and refuses all other
// parameters.
type strictRows struct{ filter string }

func (s strictRows) RoundTrip(r *http.Request) (*http.Response, error) {
	status, from := http.StatusOK, r.URL.Query().Get(s.filter)
	for name := range r.URL.Query() {
		if name != s.filter {
			status = http.StatusBadRequest
		}
	}
	var rows []string
	for day := range 9 {
		if at := fmt.Sprintf("2024-01-0%dT00:00:00Z", day+1); at >= from {
			rows = append(rows, fmt.Sprintf(`{"id":%d,"updated_at":%q}`, day, at))
		}
	}
	body := fmt.Sprintf(`{"data":[%s],"total":%d}`, strings.Join(rows, ","), len(rows))
	return testrig.Answer(r, status, body), nil
}

// TestFilterOfStrictAPI: an API that refuses what it does not know is asked for one filter
// after the other.
func TestFilterOfStrictAPI(t *testing.T) {
	for _, filter := range []string{"updated_at__gte", "updated_at[gte]", "updated_since"} {
		t.Run(filter, func(t *testing.T) {
			f, err := look(t, strictRows{filter}, probe.Options{}, "http://a.test/rows")
			if err != nil {
				t.Fatal(err)
			}
			var params []string
			for _, p := range f.Params {
				params = append(params, p.Key)
			}
			if !slices.Equal(params, []string{filter}) || !strings.Contains(shown(f), "\nreplication_key: updated_at\n") {
				t.Errorf("params %v, want %s alone, in\n%s", params, filter, shown(f))
			}
		})
	}
}

package tap_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/planfile"
	"github.com/tap-rest/tap-rest/testrig"
)

// ofTeams are members of teams, of those for which a template is true.
func ofTeams(when string) setup {
	api := transport(func(r *http.Request) (*http.Response, error) {
		body := `[{"id":1,"slug":"a","open":true},{"id":2,"slug":"b","open":false}]`
		if r.URL.Path != "/teams" {
			body = `[{"uid":7}]`
		}
		return testrig.JSON(r, 200, body), nil
	})
	return setup{api: api, definition: fmt.Sprintf("streams:\n  - {name: teams, path: /teams, primary_key: [id]}\n"+
		"  - {name: members, path: '/teams/{{ partition.team }}', primary_key: [uid], partition_by: [{parent: teams, keys: {team: id}, when: %q}]}\n", when)}
}

// TestWhenPassesNone proves that a stream whose partition_by.when is true for no record of
// its parent says so, in the log and in the account of a sync and in a preview; and that a
// plan lists it, without a partition.
func TestWhenPassesNone(t *testing.T) {
	const said = "partition_by.when: {{ record.opne }} is true for none of the 2 records of teams that came"
	for _, test := range []struct{ when, said, way string }{
		{"{{ record.opne }}", said, "none"},
		{"{{ record.open }}", "", "new"},
	} {
		t.Run(test.when, func(t *testing.T) {
			says := func(where, text string) {
				t.Helper()
				if got := strings.Count(text, said); (got == 1) != (test.said != "") || got == 1 && !strings.Contains(text, "The first one has id, slug, open") {
					t.Errorf("%s: said %d times: %s", where, got, text)
				}
			}
			s := ofTeams(test.when)
			s.workDir = memoryFolder(t)
			r := s.must(t)
			says("the log of a sync", r.log)
			says("its account", r.account.String())

			s.workDir = memoryFolder(t)
			var log, ways strings.Builder
			if _, err := tap.Preview(context.Background(), s.options(t, nil, &log), "members", 5); err != nil {
				t.Fatal(err)
			}
			says("preview", log.String())
			log.Reset()
			err := tap.PlanByParents(context.Background(), s.options(t, nil, &log), func(p planfile.Planned) error {
				if p.Stream == "members" {
					ways.WriteString(p.Way)
				}
				return nil
			})
			if err != nil || ways.String() != test.way {
				t.Errorf("the plan: %v, lists %q, want %q", err, ways.String(), test.way)
			}
			says("the plan", log.String())
		})
	}
}

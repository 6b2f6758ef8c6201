package tap_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/testrig"
)

// teams answers each path with its own text.
type teams map[string]string

func (a teams) RoundTrip(r *http.Request) (*http.Response, error) {
	path, err := url.PathUnescape(r.URL.RequestURI())
	return testrig.Answer(r, 200, `{"data":[`+a[path]+`]}`), err
}

// TestTwinsElsewhere proves that a primary key which is unique only within its
// partition is told of once, with what to write, and that the account counts what is
// different; and that no sound stream is told of.
func TestTwinsElsewhere(t *testing.T) {
	const twins = "in two partitions and with different content"
	const members = `  - name: members
    path: /teams/{{ partition.team }}
    primary_key: [name]
    partition_by: [{name: team, values: [1, 2, 3]}]
`
	const timed = members + `    replication_key: at
    incremental: {start: "2025-01-01"}
`
	windows := strings.NewReplacer("{{ partition.team }}", "1\n    params: {from: '{{ window.start }}', to: '{{ window.end }}'}", "    partition_by: [{name: team, values: [1, 2, 3]}]\n", "    incremental: {start: \"2025-01-01\", end: \"2025-01-03\", window: 1d}\n").Replace(members) + "    replication_key: at\n"
	for _, tt := range []struct {
		name, stream string
		api          teams
		twins        int64
		write, keys  string
	}{
		{"unique within its parent", members, teams{
			"/teams/1": `{"name":"a","uid":11},{"name":"b","uid":12}`, "/teams/2": `{"name":"a","uid":21},{"name":"b","uid":22}`, "/teams/3": `{"name":"a","uid":31}`,
		}, 3, `add: {team: \"{{ partition.team }}\"} and primary_key: [team, name]`, "2 different keys (3 came under"},
		{"the parent is in the record", members, teams{
			"/teams/1": `{"name":"a","team":1}`, "/teams/2": `{"name":"a","team":2}`,
		}, 1, `write="primary_key: [team, name]"`, "1 different key (1 came under"},
		{"another field has its name", members, teams{
			"/teams/1": `{"name":"a","team":"x"}`, "/teams/2": `{"name":"a","team":"y"}`,
		}, 1, `add: {partition_team: \"{{ partition.team }}\"} and primary_key: [partition_team, name]`, "1 different key (1 came"},
		{"with a replication key", timed, teams{
			"/teams/1": `{"name":"a","at":"2025-01-02"}`, "/teams/2": `{"name":"a","at":"2025-01-03"}`,
		}, 1, `primary_key: [team, name]`, "1 different key (1 came"},
		{"moved to another partition meanwhile", timed, teams{
			"/teams/1": `{"name":"a","at":"2025-01-02"}`, "/teams/2": `{"name":"a","at":"` + time.Now().UTC().Format(time.RFC3339) + `"}`,
		}, 0, "", "1 different key (1 came"},
		{"the same record everywhere", members, teams{
			"/teams/1": `{"name":"a","uid":1}`, "/teams/2": `{"name":"a","uid":1}`,
		}, 0, "", "1 different key (1 came"},
		{"moved between windows", windows, teams{
			"/teams/1?from=2025-01-01T00:00:00Z&to=2025-01-02T00:00:00Z": `{"name":"a","at":"2025-01-01","x":1}`, "/teams/1?from=2025-01-02T00:00:00Z&to=2025-01-03T00:00:00Z": `{"name":"a","at":"2025-01-02","x":2}`,
		}, 0, "", "1 different key (1 came"},
		{"sound", members, teams{"/teams/1": `{"name":"a"}`, "/teams/2": `{"name":"b"}`}, 0, "", "2 different keys;"},
		{"told apart", strings.Replace(members, "[name]", `[team, name], add: {team: "{{ partition.team }}"}`, 1), teams{
			"/teams/1": `{"name":"a","uid":1}`, "/teams/2": `{"name":"a","uid":2}`,
		}, 0, "", "2 different keys;"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stream := strings.Replace(tt.stream, "[team, name], add", "[team, name]\n    add", 1)
			r := setup{definition: "defaults: {records: data}\nstreams:\n" + stream, api: tt.api}.must(t)
			if got := r.account.Stream("members").Counts[report.SameKey]; got != tt.twins {
				t.Errorf("got %d twins, want %d", got, tt.twins)
			}
			if told := strings.Count(r.log, twins); (told == 1) != (tt.twins > 0) || told > 1 || !strings.Contains(r.log, tt.write) {
				t.Errorf("told %d times, want %q in\n%s", told, tt.write, r.log)
			}
			if !strings.Contains(r.account.String(), tt.keys) {
				t.Errorf("want %q in\n%s", tt.keys, r.account)
			}
		})
	}
}

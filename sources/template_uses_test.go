package sources_test

import (
	"fmt"
	"testing"

	"github.com/tap-rest/tap-rest/sources/definition"
)

// TestStopCounts: only a stop that goes by how many records came, and by
// nothing else, guesses where the end is.
func TestStopCounts(t *testing.T) {
	for stop, want := range map[string]bool{
		"{{ page.records < page.size }}":                                           true,
		"{{ page.records < 100 }}":                                                 true,
		"{{ page.records < config.size }}":                                         true,
		"{{ response.data | length < 100 }}":                                       true,
		"{{ true }}":                                                               false,
		"{{ page.number == 3 }}":                                                   false,
		"{{ page.records < 100 or page.number == 3 }}":                             false,
		"{{ response.done }}":                                                      false,
		"{{ response.data[-1].at < window.start }}":                                false,
		"{{ page.records < 9 or response.data[0].year < 2020 }}":                   false,
		"{{ response.data | length == 0 or response.data[-1].at < window.start }}": false,
		"{{ response.data | length < 9 or response.data[0].year < 2020 }}":         false,
		"{{ (response.data | count) < 9 }}":                                        true,
		"{{ headers['x-last'] == 'true' }}":                                        false,
		"{{ page.size < 9 }}":                                                      false,
	} {
		d, err := definition.Parse("test.yaml", fmt.Appendf(nil, `version: 1
name: test
settings: {additionalProperties: true}
client: {base_url: "http://api.test"}
streams:
  - {name: x, path: /x, records: data, replication_key: at, incremental: {start: "2025-01-01", client_filter: true}, pagination: {type: page, param: p, stop: %q}}
`, stop))
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Streams[0].Pagination.StopCounts(); got != want {
			t.Errorf("%s: got %v, want %v", stop, got, want)
		}
	}
}

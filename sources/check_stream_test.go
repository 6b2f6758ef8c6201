package sources_test

import (
	"testing"

	"github.com/tap-rest/tap-rest/sources/definition"
)

// TestCheckCostsNoJob: which stream's first page proves the settings where nobody says.
func TestCheckCostsNoJob(t *testing.T) {
	const job = "{name: jobs, export: {submit: {path: /e}, poll: {path: /p}}}"
	for _, tt := range []struct{ streams, want string }{
		{job + ", {name: pages, path: /x}", "pages"},
		{job, "jobs"},
	} {
		d, err := definition.Parse("t.yaml", []byte("version: 1\nname: t\nclient: {base_url: \"http://a.test\"}\nstreams: ["+tt.streams+"]\n"))
		if err != nil {
			t.Fatal(err)
		}
		if d.Complete(); d.Check != tt.want {
			t.Errorf("%s: got %s, want %s", tt.streams, d.Check, tt.want)
		}
	}
}

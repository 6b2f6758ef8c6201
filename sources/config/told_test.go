package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/definition"
)

// TestTell proves what is told of each key and of where it came from, and that no secret
// is.
func TestTell(t *testing.T) {
	def, err := definition.Parse("t.yaml", []byte(shopLike))
	if err != nil {
		t.Fatal(err)
	}
	files := []config.File{
		{Name: "etc/a.json", Data: []byte(`{"source": "t.yaml", "base_url": "https://${HOST}", "auth": {"key": "file:key", "keys": [{"secret": "sesame", "id": "x"}]}, "accounts": ["a"]}`)},
		{Name: "etc/b.yaml", Data: []byte("accounts: [b]\nrun: {journal: {identity: sesame}, max_requests: 3}\n")},
	}
	in, err := around("TAP_REST_TOKEN=sesame\n").Read(files, []string{"TAP_REST_PAGE_SIZE=7"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := in.Configure(def)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, k := range in.Tell(def, c) {
		got = append(got, fmt.Sprintf("%s = %s: %s", k.Key, k.Value, k.From))
	}
	want := []string{
		`source = "t.yaml": config etc/a.json`,
		`base_url = "https://a.example": config etc/a.json, which refers to ${HOST}`,
		`auth.key = "***": config etc/a.json, which refers to file:key`,
		`auth.keys = "***": config etc/a.json`,
		`auth.kind = "a": default`,
		`accounts = ["b"]: config etc/b.yaml`,
		`page-size = 7: TAP_REST_PAGE_SIZE`,
		`token = "***": TAP_REST_TOKEN in etc/.env`,
		`run.journal.identity = "***": config etc/b.yaml`,
		`run.max_requests = 3: config etc/b.yaml`,
	}
	for _, line := range want {
		if !strings.Contains("\n"+strings.Join(got, "\n")+"\n", "\n"+line+"\n") {
			t.Errorf("%s is not told", line)
		}
	}
	if len(got) != len(want) || strings.Contains(strings.Join(got, "\n"), "sesame") {
		t.Errorf("told is\n%s", strings.Join(got, "\n"))
	}
}

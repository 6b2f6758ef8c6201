package catalog_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/testrig"
)

var update = flag.Bool("update", false, "write the golden files anew")

func quoted(t *testing.T, s string) []byte {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// described is one stream of each kind.
func described() []catalog.Described {
	return []catalog.Described{
		{
			Name: "shops", SelectedByDefault: true, KeyProperties: []string{"id"},
			Schema: json.RawMessage(`{"type":"object","properties":{"id":{"type":"integer"},"name":{"type":"string","description":"<b> & \u00e9"}}}`),
		},
		{
			Name: "orders", SelectedByDefault: true, KeyProperties: []string{"id", "account"}, ReplicationKey: "updated_at",
			Schema: json.RawMessage(`{"type":"object","required":["id"],"properties":{` +
				`"updated_at":{"type":"string","format":"date-time"},"id":{"type":"integer"},"account":{"type":"string"},` +
				`"customer":{"type":["object","null"],"properties":{"id":{"type":"integer"},"address":{"type":"object","properties":{"zip":{"type":"string"}}}}},` +
				`"lines":{"type":"array","items":{"type":"object","properties":{"sku":{"type":"string"}}}},` +
				`"matrix":{"type":"array","items":{"type":"array","items":{"type":"object","properties":{"x":{"maximum":12345678901234567890.10}}}}},` +
				`"either":{"anyOf":[{"type":"object","properties":{"a":{},"b":{}}},{"type":"object","properties":{"a":{}}},{"type":"null"}]},` +
				`"q\"<":{"type":"string"}}}`),
		},
		{Name: "events", ReplicationMethod: catalog.LogBased},
		{Name: "odd", Schema: json.RawMessage(`[1]`), ReplicationKey: "at", ReplicationMethod: catalog.FullTable},
	}
}

func TestAppendSinger(t *testing.T) {
	got := catalog.AppendSinger([]byte("before\n"), described())
	got, found := bytes.CutPrefix(got, []byte("before\n"))
	if !found {
		t.Fatalf("what was in dst is gone: %.40q", got)
	}
	golden := filepath.Join("testdata", "discover.json")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := testrig.Read(t, golden)
	if !bytes.Equal(got, want) {
		t.Errorf("not as in %s:\n%s", golden, got)
	}
}

func TestDiscoveryReadBackIsAFullSync(t *testing.T) {
	c := parse(t, string(catalog.AppendSinger(nil, described())))
	for i, d := range described() {
		s := c.Streams[i]
		if s.ID != d.Name || s.Name != d.Name || s.Selected != d.SelectedByDefault || s.Mask != nil {
			t.Errorf("%s: got %+v, want it selected: %v, with all its fields", d.Name, s, d.SelectedByDefault)
		}
		if got, want := strings.Join(s.KeyProperties, ","), strings.Join(d.KeyProperties, ","); got != want {
			t.Errorf("%s: keys %s, want %s", d.Name, got, want)
		}
		if s.ReplicationKey != d.ReplicationKey {
			t.Errorf("%s: replication key %q, want %q", d.Name, s.ReplicationKey, d.ReplicationKey)
		}
	}
	want := []string{catalog.FullTable, catalog.Incremental, catalog.LogBased, catalog.FullTable}
	for i, s := range c.Streams {
		if s.ReplicationMethod != want[i] {
			t.Errorf("%s: method %s, want %s", s.ID, s.ReplicationMethod, want[i])
		}
	}
}

func TestAppendSingerOfNothing(t *testing.T) {
	if got, want := string(catalog.AppendSinger(nil, nil)), "{\n  \"streams\": []\n}\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDeepSchemaIsListedInTime(t *testing.T) {
	const depth = 200
	schema := strings.Repeat(`{"properties":{"a":`, depth) + `{}` + strings.Repeat(`}}`, depth)
	doc := catalog.AppendSinger(nil, []catalog.Described{{Name: "s", Schema: json.RawMessage(schema), SelectedByDefault: true}})
	if s := parse(t, string(doc)).Stream("s"); s == nil || !s.Selected || s.Mask != nil {
		t.Errorf("got %v, want it selected whole", s)
	}
}

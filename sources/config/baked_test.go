package config_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/testrig"
)

// TestBakedSource: the definition that is baked in counts where nothing else
// names one.
func TestBakedSource(t *testing.T) {
	dir := t.TempDir()
	baked, broken := filepath.Join(dir, "source.yaml"), filepath.Join(dir, "broken.yaml")
	for name, text := range map[string]string{baked: "version: 1\nname: baked\nstreams: [{name: s, path: 'http://a.test'}]\n", broken: "version: 7\n"} {
		testrig.Write(t, name, text)
	}
	for _, tt := range []struct{ name, config, baked, want, failure string }{
		{"baked in", `{}`, baked, "baked", ""},
		{"the config's wins", `{"source":"shop"}`, baked, "shop", ""},
		{"a broken one is not passed over", `{}`, broken, "", "broken.yaml"},
		{"none", `{}`, filepath.Join(dir, "none.yaml"), "", config.ErrNoSource.Error()},
	} {
		in, err := config.Read([]config.File{{Name: "c.json", Data: []byte(tt.config)}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		name, failure := "", ""
		d, err := in.DefinitionOr(tt.baked)
		if err != nil {
			failure = err.Error()
		} else {
			name = d.Name
		}
		if name != tt.want || !strings.Contains(failure, tt.failure) || (failure == "") != (tt.failure == "") {
			t.Errorf("%s: got %q, %q; want %q, %q", tt.name, name, failure, tt.want, tt.failure)
		}
	}
}

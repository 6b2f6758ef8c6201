package config_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/tap-rest/tap-rest/sources/config"
)

func TestDefinitionOfInput(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "defs/a.yaml", "version: 1\nname: a\nstreams: [{name: s, path: https://a.example, schema: s.json}]")
	write(t, dir, "defs/s.json", "{}")
	write(t, dir, "cwd/b.yaml", "version: 1\nname: b\nstreams: [{name: s, path: https://a.example}]")
	t.Chdir(filepath.Join(dir, "cwd"))
	file := filepath.Join(dir, "defs", "c.json")
	for _, tt := range []struct{ name, source, env, want, err string }{
		{"built in", `"shop"`, "", "shop", ""},
		{"beside the config", `"a.yaml"`, "", "a", ""},
		{"in the working directory", `"b.yaml"`, "", "b", ""},
		{"inline", `{"version": 1, "name": "c 😀", "streams": [{"name": "s", "path": "https://a.example", "schema": "s.json"}]}`, "", "c 😀", ""},
		{"environment wins", `"a.yaml"`, "b.yaml", "b", ""},
		{"environment does not look beside the config", `"a.yaml"`, "a.yaml", "", `source "a.yaml" is neither built in (airflow, elasticsearch, jupyterhub, keycloak, shop, verdaccio) nor a file; tried a.yaml: file does not exist`},
		{"missing", `"nope.yaml"`, "", "", `source "nope.yaml" is neither built in (airflow, elasticsearch, jupyterhub, keycloak, shop, verdaccio) nor a file; tried nope.yaml, ` + filepath.Join(dir, "defs", "nope.yaml") + `: file does not exist`},
		{"number", `5`, "", "", `config: "source" wants a name, a file or a definition, not a number`},
		{"absent", `null`, "", "", `config: "source" is missing: the name of a definition (built in: airflow, elasticsearch, jupyterhub, keycloak, shop, verdaccio), its file, or the definition itself`},
		{"misspelled", `null, "sources": "a.yaml"`, "", "", `config: "source" is missing: the name of a definition (built in: airflow, elasticsearch, jupyterhub, keycloak, shop, verdaccio), its file, or the definition itself; the config has "sources": did you mean "source"?`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var environ []string
			if tt.env != "" {
				environ = []string{"TAP_REST_SOURCE=" + tt.env}
			}
			in, err := config.Read([]config.File{{Name: file, Data: []byte(`{"source": ` + tt.source + `}`)}}, environ)
			if err != nil {
				t.Fatal(err)
			}
			def, err := in.Definition()
			switch {
			case tt.err != "":
				if err == nil || err.Error() != tt.err {
					t.Errorf("error %v, want %s", err, tt.err)
				}
			case err != nil:
				t.Error(err)
			case def.Name != tt.want:
				t.Errorf("name %q, want %q", def.Name, tt.want)
			}
		})
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestDefinitionAsText: a whole definition may stand in source as text.
func TestDefinitionAsText(t *testing.T) {
	for name, text := range map[string]string{
		"YAML": "version: 1\nname: shop\nstreams: [{name: s, path: 'http://a.test'}]\n",
		"JSON": `{"version":1,"name":"shop","streams":[{"name":"s","path":"http://a.test"}]}`,
	} {
		object, err := json.Marshal(map[string]string{"source": text})
		if err != nil {
			t.Fatal(err)
		}
		in, err := config.Read([]config.File{{Name: "c.json", Data: object}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if d, err := in.Definition(); err != nil || d.Name != "shop" || len(d.Streams) != 1 {
			t.Errorf("%s: got %+v, %v", name, d, err)
		}
	}
}

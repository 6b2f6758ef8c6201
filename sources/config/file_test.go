package config_test

import (
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/definition"
)

// TestYAMLConfig reads configs by the names of YAML files. What is wrong with
// one is said without a piece of it.
func TestYAMLConfig(t *testing.T) {
	for _, tt := range []struct{ name, text, want, err string }{
		{"c.yaml", "base_url: https://a.example # here\nauth:\n  key: '7'\nrun: {max_requests: 3}\n",
			`{"base_url":"https://a.example","auth":{"key":"7","kind":"a"},"accounts":["eu","us"],"page-size":100}`, ""},
		{"c.YML", `{"base_url": "https://a.example"}`, `{"base_url":"https://a.example","accounts":["eu","us"],"page-size":100,"auth":{"kind":"a"}}`, ""},
		{"list.yaml", "- a\n", "", "config list.yaml: wants a JSON object, not a list"},
		{"alias.yml", "base_url: https://a.example\ntoken: *sesame\n", "", "config alias.yml: line 2, column 1: a value that needs quotes, a key that stands twice, or no YAML"},
		{"number.yml", "token: 0815\n", "", "config number.yml: line 1, column 8: a value that needs quotes, a key that stands twice, or no YAML"},
		{"c.json", "base_url: https://a.example\n", "", "config c.json: not JSON: syntax error on line 1, byte 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			def, err := definition.Parse("t.yaml", []byte(shopLike))
			if err != nil {
				t.Fatal(err)
			}
			in, err := config.Read([]config.File{{Name: tt.name, Data: []byte(tt.text)}}, nil)
			if tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("error %v, want %s", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			c, err := in.Configure(def)
			if err != nil {
				t.Fatal(err)
			}
			if got := values(c); got != tt.want {
				t.Errorf("values\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestReadConfigErrors(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"cut", `{"token": "sesame`, "config c0.json: not JSON: unexpected EOF"},
		{"list", `[1]`, "config c0.json: wants a JSON object, not a list"},
		{"two", `{} {}`, "config c0.json: not JSON: something follows the JSON value"},
		{"syntax", `{"token": sesame}`, "config c0.json: not JSON: syntax error on line 1, byte 11"},
		{"deep", strings.Repeat(`{"a":`, 200), "config c0.json: not JSON: nested deeper than 100"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := configure(t, shopLike, []string{tt.text})
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}

package firstdraft

import (
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/config"
)

func TestInitSeveral(t *testing.T) {
	api := apitest.New().Add(apitest.Customers(120)).Add(apitest.Orders(120))
	several := func(sources ...string) (*survey, string, error) {
		in := &survey{stop: t.Context(), calls: 8, ask: &asker{}, api: api, say: func(string, ...any) {}}
		d, err := readSeveral(sources, in)
		if err != nil {
			return in, "", err
		}
		return in, string(d.AppendYAML(nil)), nil
	}
	in, yaml, err := several("http://a.test/customers", `curl -H 'Authorization: Bearer tok-1' http://b.test/orders`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := config.Parse("init.yaml", []byte(yaml)); err != nil {
		t.Errorf("%v in:\n%s", err, yaml)
	}
	for _, want := range []string{"settings: {required: [token], properties: {token: {type: string, secret: true}}}\nclient: {base_url: \"http://a.test\"}\n",
		"  - name: orders\n    base_url: \"http://b.test\"\n    auth: {type: bearer, token: \"{{ config.token }}\"}\n    path: /orders\n"} {
		if !strings.Contains(yaml, want) {
			t.Errorf("want\n%s\nin:\n%s", want, yaml)
		}
	}
	if len(in.settings) != 1 || in.settings[0].Value != "tok-1" {
		t.Errorf("settings %+v", in.settings)
	}
	if records, _, err := runOf(t, []byte(yaml), in, api); err != nil || len(records) != 240 {
		t.Errorf("a run read %d records: %v", len(records), err)
	}
	_, _, err = several("curl -H 'Authorization: Bearer tok-1' http://a.test/customers", "curl -H 'Authorization: Bearer tok-2' http://a.test/orders")
	if err == nil || strings.Contains(err.Error(), "tok-") || !strings.Contains(err.Error(), "different values for the setting token") {
		t.Errorf("error %v", err)
	}
}

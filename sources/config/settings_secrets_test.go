package config_test

import (
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/definition"
)

// TestDefaultsOfSecrets proves that the default of a secret setting works and
// is not shown, wherever the schema has it.
func TestDefaultsOfSecrets(t *testing.T) {
	const settings = `settings:
  definitions: {key: {type: string, secret: true, default: s3cret-1}}
  properties:
    plain: {type: string, default: visible}
    token: {type: string, secret: true, default: s3cret-2}
    password: {type: string, format: password, default: s3cret-3}
    auth: {type: object, default: {user: visible, key: s3cret-4}, properties: {user: {type: string}, key: {writeOnly: true}}}
    deep: {type: object, secret: true, properties: {inner: {type: string, default: s3cret-5}}}
    one: {oneOf: [{type: string, secret: true}, {type: "null"}], default: s3cret-6}
    ref: {$ref: "#/definitions/key", default: s3cret-7}
    list: {type: array, items: {type: string, secret: true}, default: [s3cret-8]}
`
	d, err := definition.Parse("t.yaml", []byte("version: 1\nname: t\n"+settings+"streams: [{name: s, path: 'http://a.test'}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"Shown": string(d.Settings.Shown()), "ConnectionSpecification": string(d.ConnectionSpecification())} {
		if strings.Contains(text, "s3cret") || strings.Count(text, "visible") != 2 {
			t.Errorf("%s: %s", what, text)
		}
	}
	in, err := config.Read(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := in.Configure(d)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Values.Get("token").Text(); got != "s3cret-2" {
		t.Errorf("the default is %q", got)
	}
	if !c.Hider.In("a s3cret-2 and b") {
		t.Error("the default is no secret")
	}
}

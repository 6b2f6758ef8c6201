package config_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/settings"
)

const shopLike = `version: 1
name: t
settings:
  required: [base_url]
  properties:
    base_url: {type: string, format: uri}
    token: {type: string, secret: true}
    pin: {type: integer, writeOnly: true}
    accounts: {type: array, items: {type: string}, default: [eu, us]}
    page-size: {type: integer, default: 100, maximum: 1000}
    fresh: {type: boolean}
    auth:
      type: object
      properties:
        key: {type: string, format: password}
        kind: {type: string, enum: [a, b], default: a}
        keys: {type: array, items: {type: object, properties: {secret: {type: string, airbyte_secret: true}, id: {type: string}}}}
    limits: {type: object, required: [max], properties: {max: {type: integer}, min: {type: integer, default: 1}}}
streams:
  - {name: s, path: "{{ config.base_url }}/s", params: {token: "{{ config.token }}"}}
client: {base_url: "{{ config.base_url }}"}
`

func configure(t *testing.T, text string, files []string, environ ...string) (*sources.Config, error) {
	t.Helper()
	def, err := definition.Parse("t.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var list []config.File
	for i, text := range files {
		list = append(list, config.File{Name: fmt.Sprintf("c%d.json", i), Data: []byte(text)})
	}
	in, err := config.Read(list, environ)
	if err != nil {
		return nil, err
	}
	return in.Configure(def)
}

func values(c *sources.Config) string { return string(c.Values.AppendJSON(nil)) }

func TestConfigure(t *testing.T) {
	for _, tt := range []struct {
		name     string
		files    []string
		environ  []string
		want     string
		warnings []string
	}{
		{"defaults", []string{`{"base_url": "https://a.example"}`}, nil,
			`{"base_url":"https://a.example","accounts":["eu","us"],"page-size":100,"auth":{"kind":"a"}}`, nil},
		{"later wins, key by key", []string{
			`{"base_url": "https://a.example", "auth": {"key": "secret1", "kind": "b"}, "accounts": ["x"]}`,
			`{"auth": {"key": "secret2"}, "accounts": []}`}, nil,
			`{"base_url":"https://a.example","auth":{"key":"secret2","kind":"b"},"accounts":[],"page-size":100}`, nil},
		{"null is absent", []string{`{"base_url": "https://a.example", "token": null, "auth": {"key": null}, "page-size": null}`}, nil,
			`{"base_url":"https://a.example","auth":{"kind":"a"},"accounts":["eu","us"],"page-size":100}`, nil},
		{"environment", []string{`{"base_url": "https://a.example", "token": "from file"}`},
			[]string{"TAP_REST_TOKEN=123", "tap_rest_accounts=[\"de\"]", "TAP_REST_PAGE_SIZE=7", "TAP_REST_AUTH__KEY=k=v", "TAP_REST_FRESH=true", "PATH=/bin"},
			`{"base_url":"https://a.example","token":"123","accounts":["de"],"auth":{"key":"k=v","kind":"a"},"fresh":true,"page-size":7}`, nil},
		{"environment alone", nil, []string{"TAP_REST_BASE_URL=https://a.example", "TAP_REST_FRESH="},
			`{"base_url":"https://a.example","accounts":["eu","us"],"page-size":100,"auth":{"kind":"a"}}`, nil},
		{"unknown", []string{`{"base_url": "https://a.example", "tokne": "x", "stream_maps": {}}`}, []string{"TAP_REST_BIN=/x"},
			`{"base_url":"https://a.example","tokne":"x","stream_maps":{},"accounts":["eu","us"],"page-size":100,"auth":{"kind":"a"}}`,
			[]string{
				`TAP_REST_BIN names no setting and is not used; did you mean TAP_REST_PIN?`,
				`config c0.json: unknown setting "tokne"; did you mean "token"? (it is not used)`,
				`config c0.json: unknown setting "stream_maps"; known here: base_url, token, pin, accounts, page-size, fresh, auth, limits (it is not used)`,
			}},
		{"single underscores, as Meltano writes them", []string{`{"base_url": "https://a.example"}`},
			[]string{"TAP_REST_AUTH_KEY=k", "TAP_REST_LIMITS_MAX=9", "TAP_REST_RUN_MAX_DURATION=1h", "TAP_REST_RUN_FLUSH_BYTES=5"},
			`{"base_url":"https://a.example","auth":{"key":"k","kind":"a"},"limits":{"max":9,"min":1},"accounts":["eu","us"],"page-size":100}`, nil},
		{"two spellings of one key", []string{`{"base_url": "https://a.example"}`},
			[]string{"TAP_REST_AUTH_KEY=k", "TAP_REST_AUTH__KEY=l", "TAP_REST_RUN_MAX_REQUESTS=1", "TAP_REST_RUN__MAX_REQUESTS=1", "TAP_REST_RUN_MAX_REQUEST=1"},
			`{"base_url":"https://a.example","auth":{"key":"l","kind":"a"},"accounts":["eu","us"],"page-size":100}`,
			[]string{`TAP_REST_AUTH_KEY is not used: TAP_REST_AUTH__KEY gives the same key`, `TAP_REST_RUN_MAX_REQUEST names no setting and is not used; did you mean TAP_REST_RUN__MAX_REQUESTS?`}},
		{"object with a required key and defaults", []string{`{"base_url": "https://a.example", "limits": {"max": 5}}`}, nil,
			`{"base_url":"https://a.example","limits":{"max":5,"min":1},"accounts":["eu","us"],"page-size":100,"auth":{"kind":"a"}}`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := configure(t, shopLike, tt.files, tt.environ...)
			if err != nil {
				t.Fatal(err)
			}
			if got := values(c); got != tt.want {
				t.Errorf("values\n%s\nwant\n%s", got, tt.want)
			}
			if !slices.Equal(c.Warnings, tt.warnings) {
				t.Errorf("warnings\n%s\nwant\n%s", strings.Join(c.Warnings, "\n"), strings.Join(tt.warnings, "\n"))
			}
		})
	}
}

func TestConfigureProblems(t *testing.T) {
	const url = `"base_url": "https://a.example"`
	for _, tt := range []struct {
		name    string
		files   []string
		environ []string
		want    string
	}{
		{"empty", []string{" \n"}, nil, `config c0.json: base_url is missing; give it in the config or as TAP_REST_BASE_URL`},
		{"empty with a mark", []string{"\ufeff"}, nil, `config c0.json: base_url is missing; give it in the config or as TAP_REST_BASE_URL`},
		{"required", []string{`{}`}, nil, `config c0.json: base_url is missing; give it in the config or as TAP_REST_BASE_URL`},
		{"type", []string{`{` + url + `, "accounts": "eu"}`}, nil, `config c0.json: /accounts: Invalid type. Expected: array, given: string`},
		{"nested", []string{`{` + url + `}`, `{"auth": {"kind": "c"}}`}, nil, `config c1.json: /auth/kind: must be one of the following: "a", "b"`},
		{"environment", []string{`{` + url + `}`}, []string{"TAP_REST_PAGE_SIZE=many"}, `TAP_REST_PAGE_SIZE: /page-size: Invalid type. Expected: integer, given: string`},
		{"format", []string{`{"base_url": "nowhere"}`}, nil, `config c0.json: /base_url: Does not match format 'uri': it has no scheme; write http:// or https:// before it`},
		{"huge number", []string{`{` + url + `, "page-size": 1e999999999}`}, nil, `config c0.json: /page-size: number: expected at most 400 characters and an exponent within ±400`},
		{"run", []string{`{` + url + `, "run": {"flsh": {}, "memory": "lots", "concurrency": 0}}`}, nil,
			`config c0.json: /run: unknown key "flsh"; did you mean "flush"?
config c0.json: /run/concurrency: wants at least 1, not 0
config c0.json: /run/memory: wants a size, as 1MB or 8MiB, or a number of bytes, not "lots"`},
		{"run in the environment", []string{`{` + url + `}`}, []string{"TAP_REST_RUN__FLUSH__BYTES=huge"},
			`TAP_REST_RUN__FLUSH__BYTES: /run/flush/bytes: wants a size, as 1MB or 8MiB, or a number of bytes, not "huge"`},
		{"a range that is none", []string{`{` + url + `, "run": {"start": "march", "end": "2025-04-01", "window": "soon"}}`}, nil,
			`config c0.json: /run/start: wants a time, as 2025-03-01 or 2025-03-01T00:00:00Z, not "march": it is not written in a way that is recognised
config c0.json: /run/window: wants a duration, as 3d or 1mo, not "soon"`},
		{"a range that ends before it begins", []string{`{` + url + `, "run": {"start": "2025-04-01", "end": "2025-04-01"}}`}, nil,
			`config c0.json: /run/end: does not lie behind start: the range holds nothing`},
		{"identity", []string{`{` + url + `, "run": {"journal": {"identity": ""}}}`}, nil,
			`config c0.json: /run/journal/identity: is empty`},
		{"journal", []string{`{` + url + `, "run": {"journal": {"max_age": "never"}}}`}, nil,
			`config c0.json: /run/journal/max_age: wants a duration, as 90s or 3d, or a number of seconds, not "never"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := configure(t, shopLike, tt.files, tt.environ...)
			var problems settings.Problems
			if !errors.As(err, &problems) || err.Error() != tt.want {
				t.Errorf("error %T\n%v\nwant\n%s", err, err, tt.want)
			}
		})
	}
}

// TestAmbiguousVariable: a variable that may mean two settings is not used.
func TestAmbiguousVariable(t *testing.T) {
	c, err := configure(t, `version: 1
name: t
settings: {properties: {a_b: {type: object, properties: {c: {type: string}}}, a: {type: object, properties: {b_c: {type: string}}}}}
streams: [{name: s, path: "http://a.test"}]
`, nil, "TAP_REST_A_B_C=x")
	want := []string{"TAP_REST_A_B_C is not used: it may mean a_b.c or a.b_c; write TAP_REST_A_B__C or TAP_REST_A__B_C"}
	if err != nil || !slices.Equal(c.Warnings, want) {
		t.Errorf("error %v, warnings %q, want %q", err, c.Warnings, want)
	}
}

func TestRun(t *testing.T) {
	c, err := configure(t, shopLike, []string{`{"base_url": "https://a.example", "run": {
		"flush": {"responses": 0, "interval": 1.5, "bytes": "2MB"}, "concurrency": 2, "memory": 1048576,
		"max_duration": "50m", "max_requests": 10000, "max_records": 0, "spool": "2GiB", "journal": {"dir": "j", "max_age": "3d", "max_bytes": 1000, "off": true, "identity": "eu"}}}`},
		"TAP_REST_RUN__MEMORY=8MiB")
	if err != nil {
		t.Fatal(err)
	}
	want := sources.Run{
		Flush:       sources.Flush{Responses: 0, Interval: 1500 * time.Millisecond, Bytes: 2_000_000},
		Concurrency: 2, Memory: 8 << 20, Spool: 2 << 30,
		Journal: sources.Journal{Dir: "j", MaxAge: 72 * time.Hour, MaxBytes: 1000, Off: true, Identity: "eu"}, MaxDuration: 50 * time.Minute, MaxRequests: 10000,
	}
	if c.Run != want {
		t.Errorf("Run = %+v, want %+v", c.Run, want)
	}
	c, err = configure(t, shopLike, []string{`{"base_url": "https://a.example"}`})
	if err != nil || c.Run != sources.DefaultRun() {
		t.Errorf("Run = %+v, %v; want the default", c.Run, err)
	}
}

func TestSecrets(t *testing.T) {
	given := `{"base_url": "https://a.example", "token": "s3cr3t/token", "pin": 987654,
		"auth": {"key": "pass phrase", "keys": [{"secret": "deep-secret", "id": "visible"}]}}`
	c, err := configure(t, shopLike, []string{given})
	if err != nil {
		t.Fatal(err)
	}
	text := "s3cr3t/token s3cr3t%2Ftoken 987654 pass+phrase pass phrase deep-secret visible"
	if got, want := c.Hider.Redact(text), "*** *** *** *** *** *** visible"; got != want {
		t.Errorf("Redact = %q, want %q", got, want)
	}
	if v := c.Values.Get("token"); v.Text() != "s3cr3t/token" {
		t.Errorf("a template sees %q", v.Text())
	}
	for _, printed := range []string{fmt.Sprintf("%v %+v %#v", c.Secrets, c.Secrets, c.Secrets), asJSON(t, c.Secrets)} {
		if strings.Contains(printed, "s3cr3t") {
			t.Errorf("printed: %s", printed)
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestSecretsInErrors gives every secret setting a wrong value.
func TestSecretsInErrors(t *testing.T) {
	for _, text := range []string{
		`{"token": ["sesame"], "pin": "sesame"}`,
		`{"base_url": "https://a.example", "auth": {"key": {"sesame": "sesame"}, "keys": [{"secret": 1234567}, "sesame"]}}`,
		`{"base_url": "https://a.example", "auth": "sesame", "pin": 1234567.5}`,
	} {
		_, err := configure(t, shopLike, []string{text})
		if err == nil || strings.Contains(err.Error(), "sesame") || strings.Contains(err.Error(), "1234567") {
			t.Errorf("%s: error %v", text, err)
		}
	}
}

func TestRecursiveSettings(t *testing.T) {
	c, err := configure(t, `version: 1
name: t
settings:
  properties:
    tree: {$ref: "#/definitions/tree"}
    loop: {type: object, default: {}, properties: {loop: {default: {}, $ref: "#/properties/loop"}}}
  definitions:
    tree: {type: object, properties: {secret: {type: string, secret: true}, size: {default: 1}, child: {$ref: "#/definitions/tree"}}}
streams: [{name: s, path: https://a.example}]
`, []string{`{"tree": {"child": {"child": {"secret": "sesame"}}}}`})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := values(c), `{"tree":{"child":{"child":{"secret":"sesame","size":1},"size":1},"size":1},"loop":{"loop":{}}}`; got != want {
		t.Errorf("values\n%s\nwant\n%s", got, want)
	}
	if !c.Hider.In("open sesame") {
		t.Error("the secret below references was not found")
	}
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte(`{"base_url": "https://a.example", "token": "sesame-sesame", "run": {"flush": {"bytes": "1MB"}}}`), "TAP_REST_AUTH__KEY=x")
	f.Add([]byte(`{"auth": {"keys": [{"secret": "x"}]}, "pin": 1e400}`), "TAP_REST_RUN__FLUSH__BYTES=1e300")
	f.Add([]byte(`{"run": {"memory": "9999999999999999999TiB", "max_duration": 1e18}}`), "TAP_REST_ACCOUNTS=[1")
	f.Add([]byte(`{"base_url": {"a": [[[1]]]}, "limits": null}`), "tap_rest_=1")
	def, err := definition.Parse("t.yaml", []byte(shopLike))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte, env string) {
		in, err := config.Read([]config.File{{Name: "c.json", Data: data}}, []string{env, "TAP_REST_TOKEN=open-sesame"})
		if err != nil {
			return
		}
		c, err := in.Configure(def)
		if err != nil {
			if strings.Contains(err.Error(), "open-sesame") {
				t.Fatalf("a secret in %v", err)
			}
			return
		}
		if c.Values.Kind() != expr.KindDict || !json.Valid([]byte(values(c))) {
			t.Fatalf("values %s", values(c))
		}
		if c.Run.Memory < 1 || c.Run.Concurrency < 1 || c.Run.Flush.Bytes < 0 || c.Run.MaxDuration < 0 {
			t.Fatalf("run %+v", c.Run)
		}
		c.Shape(def.Streams[0])
	})
}

// TestPasswordsInURLs proves that a password in a URL, of a setting or of a
// proxy, is a secret, however broken the URL is.
func TestPasswordsInURLs(t *testing.T) {
	d, err := definition.Parse("t.yaml", []byte("version: 1\nname: t\nsettings: {properties: {url: {type: string, format: uri}, n: {type: integer}}}\nstreams: [{name: s, path: 'http://a.test'}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"https://ann:p4ssw0rd@a.example/x", "https://ann:p4ssw0rd/@a.example:port/x", "https://ann:p4ssw0rd%zz@a.example"} {
		in, err := config.Read([]config.File{{Name: "c.json", Data: []byte(`{"url":"` + address + `"}`)}}, []string{"HTTPS_PROXY=http://me:pr0xy-pw@proxy.example"})
		if err != nil {
			t.Fatal(err)
		}
		c, err := in.Configure(d)
		said := ""
		if err != nil {
			said = err.Error()
		} else {
			said = c.Hider.Line("asked " + address + " by http://me:pr0xy-pw@proxy.example and Basic " + base64.StdEncoding.EncodeToString([]byte("me:pr0xy-pw")))
		}
		for _, secret := range []string{"p4ssw0rd", "pr0xy-pw", "bWU6cHIweHktcH"} {
			if strings.Contains(said, secret) {
				t.Errorf("%s: %s", address, said)
			}
		}
	}
}

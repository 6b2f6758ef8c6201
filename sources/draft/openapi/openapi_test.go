package openapi_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft/drafttest"
	"github.com/tap-rest/tap-rest/sources/draft/openapi"
	"github.com/tap-rest/tap-rest/testrig"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden holds what is made of real documents, and of one that has
// everything, against what was looked at.
func TestGolden(t *testing.T) {
	for _, file := range []string{"shop.yaml", "petstore2.json", "petstore3.json"} {
		t.Run(file, func(t *testing.T) {
			data := testrig.Read(t, filepath.Join("testdata", file))
			if !openapi.LooksLike(data) {
				t.Errorf("LooksLike(%s) = false", file)
			}
			d, err := openapi.Read(file, data)
			if err != nil {
				t.Fatal(err)
			}
			drafttest.Loads(t, d)
			drafttest.Golden(t, filepath.Join("testdata", strings.TrimSuffix(file, filepath.Ext(file))+".golden"), d, *update)
		})
	}
}

// TestAnsweredQuestions takes the marks of comments away from all that is asked:
// what is proposed is a definition, too.
func TestAnsweredQuestions(t *testing.T) {
	data := testrig.Read(t, filepath.Join("testdata", "shop.yaml"))
	d, err := openapi.Read("shop.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	answered := drafttest.Answered(t, d)
	orders := answered.Streams[1]
	if orders.Incremental == nil || !slices.Equal(orders.Keys, []string{"shop_id", "id"}) || orders.Schema.OnInvalid != sources.Pass {
		t.Errorf("orders: incremental %v, keys %v, on_invalid %v", orders.Incremental, orders.Keys, orders.Schema.OnInvalid)
	}
}

// TestByHand reads the document that the variable names, which is too large to
// lie here.
func TestByHand(t *testing.T) {
	file := os.Getenv("TAP_REST_TEST_OPENAPI")
	if file == "" {
		t.Skip("TAP_REST_TEST_OPENAPI names no document")
	}
	data := testrig.Read(t, file)
	d, err := openapi.Read(file, data)
	if err != nil {
		t.Fatal(err)
	}
	def := drafttest.Loads(t, d)
	t.Logf("%s: %d bytes, %d streams, %d bytes written", filepath.Base(file), len(data), len(def.Streams), len(d.AppendYAML(nil)))
}

func TestReadErrors(t *testing.T) {
	tests := []struct{ name, doc, want string }{
		{"not JSON", "{\n\"openapi\": \"3.0.0\",\n]", "api:3: not JSON"},
		{"not YAML", "openapi: [", "neither JSON nor YAML"},
		{"empty", "", "api: the document is empty"},
		{"something else", `{"name": "x"}`, "api:1: no OpenAPI document: the key openapi (or swagger) is missing"},
		{"version", "openapi: 4.0.0", "api:1: version 4.0.0: OpenAPI 3 and Swagger 2 are read"},
		{"no paths", "openapi: 3.0.0\npaths: {}", "api:1: the document has no paths"},
		{"no list", "openapi: 3.0.0\npaths:\n  /a: {get: {responses: {'200': {description: ok}}}}", "api:3: none of the 1 paths answers a GET with a list of objects"},
		{"anchor in itself", "openapi: 3.0.0\npaths: &a {x: *a}", "anchor \"a\" contains itself"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := openapi.Read("api", []byte(tt.doc))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Read = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// TestSecurity has the ways to prove who asks.
func TestSecurity(t *testing.T) {
	const doc = `{"openapi": "3.0.0", "servers": [{"url": "https://api.example.com/v1"}], "security": [{"it": ["read"]}],
		"paths": {"/rows": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"}}}}}}}}}}},
		"components": {"securitySchemes": {"it": %s}}}`
	tests := []struct{ name, scheme, want string }{
		{"bearer", `{"type": "http", "scheme": "bearer"}`, `auth: {type: bearer, token: "{{ config.token }}"}`},
		{"basic", `{"type": "http", "scheme": "Basic"}`, `auth: {type: basic, username: "{{ config.username }}", password: "{{ config.password }}"}`},
		{"digest", `{"type": "http", "scheme": "digest"}`, `type: digest`},
		{"key in a header", `{"type": "apiKey", "in": "header", "name": "X-Token"}`, `auth: {type: api_key, name: X-Token, value: "{{ config.token }}", in: header}`},
		{"key in the query", `{"type": "apiKey", "in": "query", "name": "key"}`, `auth: {type: api_key, name: key, value: "{{ config.key }}", in: query}`},
		{"key in a cookie", `{"type": "apiKey", "in": "cookie", "name": "sid"}`, `value: "sid={{ config.sid }}"`},
		{"key at no place", `{"type": "apiKey", "name": "{% k"}`, `does not say in which header or parameter the key goes`},
		{"client credentials", `{"type": "oauth2", "flows": {"implicit": {}, "clientCredentials": {"tokenUrl": "https://id.example.com/token"}}}`, `grant: client_credentials`},
		{"refresh token", `{"type": "oauth2", "flows": {"authorizationCode": {"tokenUrl": "oauth/token"}}}`, `token_url: "{{ config.base_url }}/oauth/token"`},
		{"password", `{"type": "oauth2", "flows": {"password": {"tokenUrl": "/token"}}}`, `grant: password`},
		{"implicit", `{"type": "oauth2", "flows": {"implicit": {}}}`, `type: bearer`},
		{"OpenID Connect", `{"type": "openIdConnect", "openIdConnectUrl": "https://id.example.com/.well-known/openid-configuration"}`, `# auth:`},
		{"client certificate", `{"type": "mutualTLS"}`, `wants a client certificate: see tls`},
		{"another of HTTP's", `{"type": "http", "scheme": "hoba"}`, `HTTP's hoba, which has no type of auth`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := openapi.Read("https://api.example.com/openapi.json", fmt.Appendf(nil, doc, tt.scheme))
			if err != nil {
				t.Fatal(err)
			}
			drafttest.Loads(t, d)
			if text := string(d.AppendYAML(nil)); !strings.Contains(text, tt.want) {
				t.Errorf("%s is not in\n%s", tt.want, text)
			}
		})
	}
}

// TestServers says where the API is.
func TestServers(t *testing.T) {
	const doc = `{"openapi": "3.0.0", %s "paths": {"/rows": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}}}}}}}}`
	tests := []struct {
		name, file, servers string
		want                []string
	}{
		{"absolute", "api.json", `"servers": [{"url": "https://a.example/v1/"}],`, []string{`default: "https://a.example/v1"`, `base_url: "{{ config.base_url }}"`}},
		{"relative to the URL of the document", "https://b.example/docs/openapi.json", `"servers": [{"url": "/v2"}],`, []string{`default: "https://b.example/v2"`}},
		{"no server, from a URL", "https://b.example/openapi.json", "", []string{`default: "https://b.example"`}},
		{"relative, from a file", "api.json", `"servers": [{"url": "/v3"}],`, []string{`base_url: "{{ config.base_url }}/v3"`, "where is the API?"}},
		{"none", "api.json", "", []string{"required: [base_url]", "the document names no server"}},
		{"user and password", "api.json", `"servers": [{"url": "https://me:hunter22@a.example/"}],`, []string{`default: "https://a.example"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := openapi.Read(tt.file, fmt.Appendf(nil, doc, tt.servers))
			if err != nil {
				t.Fatal(err)
			}
			drafttest.Loads(t, d)
			text := string(d.AppendYAML(nil))
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("%s is not in\n%s", want, text)
				}
			}
			if strings.Contains(text, "hunter22") {
				t.Errorf("a password is in\n%s", text)
			}
		})
	}
}

// TestLargeDocument is one whose lists and schemas, which contain one another,
// do not fit into a definition.
func TestLargeDocument(t *testing.T) {
	var b bytes.Buffer
	b.WriteString(`{"openapi": "3.0.0", "paths": {`)
	lists := 4000
	if testing.Short() {
		lists = 3000
	}
	for i := range lists {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"/a/path/of/many/words/of/which/each/takes/room/in/a/definition/as/they/do/in/the/largest/documents/that/are/known/list%d": {"get": {"operationId": "anOperationOfALongNameWhichIsSaidBesideTheStream%[1]d", "responses": {"200": {"content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/S%[1]d"}}}}}}}}`, i)
	}
	b.WriteString(`}, "components": {"schemas": {`)
	for i := range lists {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"S%d": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}`, i)
		for j := range 8 {
			fmt.Fprintf(&b, `, "p%d": {"$ref": "#/components/schemas/S%d"}`, j, (i*8+j)%lists)
		}
		b.WriteString(`}}`)
	}
	b.WriteString(`}}}`)
	d, err := openapi.Read("large.json", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	def := drafttest.Loads(t, d)
	text := d.AppendYAML(nil)
	if why := document.TooLarge(text); why != "" {
		t.Error(why)
	}
	if len(def.Streams) < 500 || len(def.Streams) == lists {
		t.Errorf("%d streams of %d", len(def.Streams), lists)
	}
	for _, want := range []string{"further lists do not fit into one definition", "schemas: they are left out"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not said", want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, file := range []string{"shop.yaml", "petstore2.json"} {
		data := testrig.Read(f, filepath.Join("testdata", file))
		f.Add(data)
	}
	f.Add([]byte(`{"swagger": "2.0", "host": "h", "paths": {"/{{a}}/{x}": {"get": {"parameters": [{"name": "x y", "in": "query", "required": true, "type": "integer"}], "responses": {"200": {"schema": {"type": "array", "items": {"type": "object"}}}}}}}}`))
	f.Add([]byte(`{"openapi": "3.0.0", "paths": {"/a": {"get": {"security": [{"k": []}], "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}}}}}, "components": {"securitySchemes": {"k": {"type": "apiKey", "in": "query", "name": "{% k"}}, "schemas": {"A": {"allOf": [{"$ref": "#/components/schemas/A"}, {"type": "array", "items": {"$ref": "#/components/schemas/A"}}]}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := openapi.Read("fuzz", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz:") && !strings.Contains(err.Error(), "does not fit") {
				t.Errorf("the error does not name the file: %v", err)
			}
			return
		}
		drafttest.Loads(t, d)
	})
}

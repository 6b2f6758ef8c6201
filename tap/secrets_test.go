package tap_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"html"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/testrig"
	"github.com/tap-rest/tap-rest/testshare"
)

// spelled are the ways in which answers of these tests write a secret.
var spelled = []struct {
	name  string
	write func(string) string
}{
	{"as it is", func(s string) string { return s }},
	{"query", url.QueryEscape},
	{"query, lower", func(s string) string { return lowerEscapes(url.QueryEscape(s)) }},
	{"path", url.PathEscape},
	{"encodeURIComponent", func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }},
	{"twice", func(s string) string { return url.QueryEscape(url.QueryEscape(s)) }},
	{"thrice", func(s string) string { return url.QueryEscape(url.QueryEscape(url.QueryEscape(s))) }},
	{"half", func(s string) string { return strings.ReplaceAll(s, "/", "%2f") }},
	{"other half", func(s string) string {
		return strings.NewReplacer("+", "%2B", " ", "%20", "&", "%26", "-", "%2D").Replace(s)
	}},
	{"every byte", func(s string) string { return eachByte(s, "%%%02x") }},
	{"JSON", inJSON},
	{"JSON, slashes", func(s string) string { return strings.ReplaceAll(inJSON(s), "/", `\/`) }},
	{"JSON, each character", func(s string) string { return eachByte(s, `\u%04X`) }},
	{"JSON in JSON", func(s string) string { return inJSON(inJSON(s)) }},
	{"HTML", html.EscapeString},
	{"HTML, hexadecimal", func(s string) string { return eachByte(s, "&#x%x;") }},
	{"HTML twice", func(s string) string { return html.EscapeString(html.EscapeString(s)) }},
	{"base64", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"base64 for URLs", func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }},
	{"base64 with more before", func(s string) string { return base64.StdEncoding.EncodeToString([]byte("user:" + s)) }},
	{"base64 with more around", func(s string) string { return base64.StdEncoding.EncodeToString([]byte("id=" + s + ";x")) }},
	{"base64 of a URL", func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte("id=" + url.QueryEscape(s) + ";x"))
	}},
	{"hexadecimal", func(s string) string { return hex.EncodeToString([]byte(s)) }},
}

func inJSON(text string) string {
	b, _ := json.Marshal(text) // never fails
	return string(b[1 : len(b)-1])
}

func eachByte(text, format string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

func lowerEscapes(text string) string {
	return regexp.MustCompile(`%..`).ReplaceAllStringFunc(text, strings.ToLower)
}

// echoed is an answer.
type echoed struct {
	name, keys string // of its stream
	status     int
	body       string
	header     string // name: value
}

// echoes are the answers that echo what they are given, each to a stream of its
// name with these keys. E stands for it in JSON, R for it as it is.
var echoes = []echoed{
	{"json", "", 400, `{"error":{"message":"bad key E"}}`, ""},
	{"html", "", 403, `<html><body>Forbidden: R</body></html>`, "Content-Type: text/html"},
	{"login", "", 401, `{"error":"E"}`, "WWW-Authenticate: Bearer realm=R"},
	{"request_id", "", 400, `{}`, "X-Request-Id: R"},
	{"server", "", 500, `E`, "Retry-After: R"},
	{"throttled", "", 429, `E`, "X-RateLimit-Reset: R"},
	{"away", "", 302, ``, "Location: https://other.test/x?k=R"},
	{"away_host", "", 302, ``, "Location: https://R.test/"},
	{"nowhere", "", 302, ``, "Location: ftp:R"},
	{"encoding", "", 200, `{"data":[]}`, "Content-Encoding: R"},
	{"link", "pagination: {type: link_header}", 200, `{"data":[{"id":1}],"e":"E"}`, "Link: </link?page=2&k=R>; rel=next"},
	{"link_broken", "pagination: {type: link_header}", 200, `{"data":[{"id":1}]}`, "Link: <R; rel=next"},
	{"next", "pagination: {type: next_url, next: next}", 200, `{"data":[{"id":1}],"next":"/next?page=2&k=E"}`, ""},
	{"next_path", "pagination: {type: next_url, next: next}", 200, `{"data":[{"id":1}],"next":"/next/E?page=2"}`, ""},
	{"next_away", "pagination: {type: next_url, next: next}", 200, `{"data":[{"id":1}],"next":"https://other.test/E"}`, ""},
	{"cursor", "pagination: {type: cursor, next: next, param: cursor}", 200, `{"data":[{"id":1}],"next":"E"}`, ""},
	{"cursor_object", "pagination: {type: cursor, next: next, param: cursor}", 200, `{"data":[{"id":1}],"next":{"k":"E"}}`, ""},
	{"keyset", "pagination: {type: keyset, field: id, param: after}", 200, `{"data":[{"id":"E"}]}`, ""},
	{"next_twice", "pagination: {type: cursor, next: next, param: cursor}", 200, `{"data":[{"id":1}],"next":"E","next":null}`, ""},
	{"bookmark_twice", "replication_key: id, incremental: {bookmark: d}", 200, `{"data":[{"id":1}],"d":"E","d":null}`, ""},
	{"total", "pagination: {type: page, param: p, total: t}", 200, `{"data":[{"id":1}],"t":"E"}`, ""},
	{"more", "pagination: {type: page, param: p, more: m}", 200, `{"data":[{"id":1}],"m":"E"}`, ""},
	{"graphql", "body: {graphql: {query: q}}", 200, `{"data":[],"errors":[{"message":"E"}]}`, ""},
	{"not_records", "", 200, `{"data":"E"}`, ""},
	{"not_objects", "", 200, `{"data":["E"]}`, ""},
	{"broken", "", 200, `{"data":[{"id":1,"a":"E"` + "\x01", ""},
	{"broken_near", "", 200, `{"data":[{"id":1,"a":"E" "b"`, ""},
	{"cut", "", 200, `{"data":[{"id":1,"a":"E`, "X-Cut: 1"},
	{"misfit", "schema: {type: object, properties: {id: {type: integer}}}", 200, `{"data":[{"id":"E"}]}`, ""},
	{"passed", "schema: {type: object, properties: {a: {type: integer}}}, on_invalid: pass", 200, `{"data":[{"id":1,"a":"E"}]}`, ""},
	{"nullified", "schema: {type: object, properties: {a: {type: [integer, 'null']}}}, on_invalid: nullify", 200, `{"data":[{"id":1,"a":"E"}]}`, ""},
	{"quarantined", "schema: {type: object, properties: {a: {type: integer}}}, on_invalid: quarantine", 200, `{"data":[{"id":1,"a":"E"}]}`, ""},
	{"when", "replication_key: at, incremental: {}", 200, `{"data":[{"id":1,"at":"E"}]}`, ""},
	{"rule", `errors: [{status: 400, do: fail, message: "{{ response.e }}"}]`, 400, `{"e":"E"}`, ""},
	{"skipped", `errors: [{status: 400, do: skip, message: "{{ response.e }}"}]`, 400, `{"e":"E"}`, ""},
	{"wait", `errors: [{status: 400, do: retry, wait: "{{ response.e }}"}]`, 400, `{"e":"E"}`, ""},
	{"beside", "", 200, `{"data":[{"id":1}],"you":"E","and":"R"}`, "X-Echo: R"},
	{"in_record", "", 200, `{"data":[{"id":1,"a":"E"}]}`, ""},
}

// echoAPI gives the answers of echoes. The second page of a walk is refused.
type echoAPI struct{ texts []string } // of the streams, in turn

func (a echoAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	name := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")[0]
	i := slices.IndexFunc(echoes, func(e echoed) bool { return e.name == r.Header.Get("X-Stream") })
	if i < 0 {
		return nil, fmt.Errorf("no stream %s", name)
	}
	e, text := echoes[i], a.texts[i%len(a.texts)]
	query := r.URL.Query()
	status := e.status
	if query.Has("page") || query.Has("cursor") || query.Has("after") {
		status = 400
	}
	raw := strings.NewReplacer("\n", " ", "\x01", "").Replace(text)
	fill := strings.NewReplacer("E", inJSON(text), "R", raw)
	body := e.body
	if strings.HasPrefix(body, "{") || strings.Contains(body, "R") || body == "E" { // E and R stand alone nowhere else
		body = fill.Replace(body)
	}
	resp := testrig.Answer(r, status, body)
	resp.Header.Set("Content-Type", "application/json")
	if key, value, found := strings.Cut(e.header, ": "); found {
		resp.Header.Set(key, strings.ReplaceAll(value, "R", raw))
	}
	if resp.Header.Get("X-Cut") != "" {
		resp.ContentLength = int64(len(body)) + 10
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(body), cutOff{}))
	}
	return resp, nil
}

type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// secretHead begins the definition of these tests: a setting, what a template
// makes of one, a password, and a literal.
const secretHead = `version: 1
name: t
settings:
  properties:
    token: {type: string, secret: true}
    seed: {type: string, secret: true}
    password: {type: string, secret: true}
client:
  base_url: http://api.test
  auth: {type: basic, username: ann, password: "{{ config.password }}"}
  retry: {attempts: 2, min_wait: 1ms, max_wait: 1ms, cool_downs: 0}
defaults: {records: data, primary_key: [id], params: {t: "{{ config.token }}"}}
streams:
`

// theSecrets are those of secretHead, by their names.
func theSecrets() map[string]string {
	return map[string]string{
		"token":    `tk ss'w/k+y"1&<z9>Qx7LmN4tR8vB2`,
		"derived":  strings.ToUpper("seed-5c1d/77aa+93b0e4f6d2"),
		"literal":  "lit-9d8c7b6a5f4e3d2c",
		"basic":    base64.StdEncoding.EncodeToString([]byte("ann:Pw-55ff33dd11bb99aa")),
		"password": "Pw-55ff33dd11bb99aa",
	}
}

const secretConfig = `{"token":"tk ss'w/k+y\"1&<z9>Qx7LmN4tR8vB2","seed":"seed-5c1d/77aa+93b0e4f6d2","password":"Pw-55ff33dd11bb99aa"}`

func secretDefinition() string {
	var b strings.Builder
	for _, e := range echoes {
		fmt.Fprintf(&b, "  - {name: %s, path: /%s, headers: {X-Stream: %s, X-Made: \"{{ config.seed | upper }}\", X-Api-Key: lit-9d8c7b6a5f4e3d2c}", e.name, e.name, e.name)
		if e.keys != "" {
			b.WriteString(", " + e.keys)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

var allSecrets = flag.Bool("all-secrets", false, "TestSecretsAreInNoOutput: every secret in every spelling in every answer (minutes)")

// TestSecretsAreInNoOutput proves that no secret, in whichever of its spellings
// an answer of any kind echoes it, is in what a run says or keeps, but for the
// records themselves. Each run has an answer of every kind; the secrets take
// turns in them, unless all are wanted.
func TestSecretsAreInNoOutput(t *testing.T) {
	s := setup{head: secretHead, definition: secretDefinition(), config: secretConfig}
	secrets := theSecrets()
	names := slices.Sorted(maps.Keys(secrets))
	for i, how := range spelled {
		if !testshare.Takes(i+1, len(spelled)) {
			continue
		}
		var texts []string
		for j := range names {
			texts = append(texts, how.write(secrets[names[(i+j)%len(names)]]))
		}
		if !*allSecrets {
			s.api = echoAPI{texts}
			noneLeaks(t, how.name, allOutputs(t, s), texts)
			continue
		}
		for _, text := range texts {
			s.api = echoAPI{[]string{text}}
			noneLeaks(t, how.name, allOutputs(t, s), []string{text})
		}
	}
}

func noneLeaks(t *testing.T, how string, outputs map[string]string, texts []string) {
	t.Helper()
	for what, output := range outputs {
		for _, text := range append(slices.Collect(maps.Values(theSecrets())), texts...) {
			if piece := leaked(output, text); piece != "" {
				at := max(0, strings.Index(bare(output), piece)-160)
				t.Errorf("%s: %s is in the %s: …%.400s", how, piece, what, bare(output)[at:])
			}
		}
		if !strings.Contains(output, "***") && !slices.Contains([]string{"journal", "files", "stdout"}, what) {
			t.Errorf("%s: nothing is hidden in the %s: does it show the answers?", how, what)
		}
	}
	for _, what := range []string{"journal", "stdout"} {
		if !strings.Contains(outputs[what], "{secret") {
			t.Errorf("%s: nothing is sealed in the %s: %s", how, what, outputs[what])
		}
	}
}

// bare is a text without backslashes, which logs put before quotes, and more
// before these.
func bare(text string) string { return strings.ReplaceAll(text, `\`, "") }

// core is what of a spelled secret is like no other text: its longest part
// without signs that one more escaping changes.
func core(text string) string {
	parts := strings.FieldsFunc(bare(text), func(r rune) bool {
		return r != '%' && r != '&' && r != '#' && r != ';' && (r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a' || r > 'z')
	})
	return slices.MaxFunc(parts, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
}

// leaked is the piece of a secret's spelling that stands in an output, "" for
// none. What base64 makes of the text before a secret is no secret.
func leaked(output, text string) string {
	output, text = bare(output), core(text)
	if strings.HasPrefix(text, "dXNlcj") || strings.HasPrefix(text, "aWQ9") {
		text = text[8:]
	}
	for _, piece := range []string{text[:min(len(text), 12)], text[max(0, len(text)-12):]} {
		if len(piece) > 7 && strings.Contains(output, piece) {
			return piece
		}
	}
	return ""
}

// allOutputs runs a definition in every way, and returns what came of it.
func allOutputs(t *testing.T, s setup) map[string]string {
	outputs := map[string]string{}
	s.workDir = memoryFolder(t)
	var out, logged, jsonLog bytes.Buffer
	o := s.options(t, &out, &logged)
	o.Log = slog.New(both{slog.NewTextHandler(&logged, nil), slog.NewJSONHandler(&jsonLog, nil)})
	account, err := tap.Sync(context.Background(), o)
	outputs["log"], outputs["JSON log"] = logged.String(), jsonLog.String()
	outputs["account"], outputs["error"] = account.String(), fmt.Sprint(err)
	outputs["stdout"] = besidesRecords(out.String())

	var har bytes.Buffer
	outputs["journal"], outputs["journal's requests"] = journals(t, s.workDir, &har)
	outputs["HAR"] = har.String()
	outputs["files"] = files(t, s.workDir)

	s.workDir = memoryFolder(t)
	s.airbyte = true
	var airbyte, airbyteLog bytes.Buffer
	_, err = tap.Sync(context.Background(), s.options(t, &airbyte, &airbyteLog))
	outputs["Airbyte's stdout"], outputs["Airbyte's log"] = besidesRecords(airbyte.String()), airbyteLog.String()+fmt.Sprint(err)

	s.airbyte = false
	s.workDir = memoryFolder(t)
	var tested, testLog bytes.Buffer
	o = s.options(t, &tested, &testLog)
	o.Config.Run.Journal.Off = true
	err = tap.Test(context.Background(), o)
	outputs["test"] = testLog.String() + fmt.Sprint(err)
	described, err := tap.Discover(context.Background(), o)
	outputs["discovery"] = testLog.String() + fmt.Sprint(err) + string(catalog.AppendSinger(nil, described))
	return outputs
}

// both is two handlers of a log.
type both [2]slog.Handler

func (b both) Enabled(context.Context, slog.Level) bool { return true }
func (b both) WithAttrs([]slog.Attr) slog.Handler       { return b }
func (b both) WithGroup(string) slog.Handler            { return b }
func (b both) Handle(ctx context.Context, r slog.Record) error {
	if err := b[0].Handle(ctx, r); err != nil {
		return err
	}
	return b[1].Handle(ctx, r)
}

// besidesRecords are the lines that are no records.
func besidesRecords(out string) string {
	var b strings.Builder
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, `{"type":"RECORD"`) {
			b.WriteString(line)
		}
	}
	return b.String()
}

// journals reads what is kept on disk, as it is kept, and writes it as a HAR.
func journals(t *testing.T, dir string, out io.Writer) (bodies, requests string) {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(dir, "journal", "t-*"))
	if err != nil || len(folders) != 1 {
		t.Fatalf("journals %v, %v", folders, err)
	}
	j, err := journal.OpenReadOnly(folders[0])
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	har, err := report.NewHAR(out, "test")
	if err != nil {
		t.Fatal(err)
	}
	err = j.Each(func(e *journal.Exchange) error {
		bodies += fmt.Sprintf("%s\n%v\n", e.Body, e.Header)
		requests += e.Request + "\n"
		return har.Add(e, "s")
	})
	if err == nil {
		err = har.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return bodies, requests
}

// files are all files in a folder by their names, and what is in them; records
// that do not fit are data.
func files(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b.WriteString(path + "\n")
		if strings.Contains(path, "quarantine") {
			return nil
		}
		data, err := os.ReadFile(path)
		b.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

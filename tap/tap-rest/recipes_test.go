//go:build unix

package main_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/testrig"
)

// recipeDocument is the document whose definitions are run.
const recipeDocument = "../../docs/recipes.md"

// recipe is how a definition of the document is run.
type recipe struct {
	base   string // of the API, which the server stands in for
	config string // settings
	rows   int
	serve  func(api *recipeAPI, w http.ResponseWriter, r *http.Request)
}

var recipes = map[string]recipe{
	"github.yaml":        {"https://api.github.com", `"token": "s3cret", "repository": "acme/shop"`, 250, (*recipeAPI).github},
	"stripe.yaml":        {"https://api.stripe.com", `"api_key": "s3cret"`, 250, (*recipeAPI).stripe},
	"hubspot.yaml":       {"https://api.hubapi.com", `"token": "s3cret"`, 250, (*recipeAPI).hubspot},
	"odata.yaml":         {"https://contoso.crm.dynamics.com", `"token": "s3cret"`, 1200, (*recipeAPI).odata},
	"graphql.yaml":       {"https://shop.example", `"token": "s3cret"`, 250, (*recipeAPI).graphql},
	"graphql-items.yaml": {"https://shop.example", `"token": "s3cret"`, 246, (*recipeAPI).graphqlItems},
	"report.yaml":        {"https://ads.example", `"api_key": "s3cret"`, 1200, (*recipeAPI).report},
	"elastic.yaml":       {"https://search.example:9200", `"api_key": "s3cret"`, 2500, (*recipeAPI).elastic},
	"shopify.yaml":       {"https://example.myshopify.com", `"token": "s3cret"`, 600, (*recipeAPI).shopify},
	"shopify-bulk.yaml":  {"https://example.myshopify.com", `"token": "s3cret"`, 600, (*recipeAPI).shopifyBulk},
	"salesforce.yaml":    {"https://example.my.salesforce.com", `"token": "s3cret"`, 250, (*recipeAPI).salesforce},
	"zendesk.yaml":       {"https://example.zendesk.com", `"email": "a@b.test", "api_token": "s3cret"`, 2500, (*recipeAPI).zendesk},
	"report-zip.yaml":    {"https://reports.example", `"api_key": "s3cret"`, 1200, (*recipeAPI).reportZip},
	"bulk.yaml":          {"https://bulk.example", `"token": "s3cret"`, 1200, (*recipeAPI).bulk},
	"monthly.yaml":       {"https://files.example", `"token": "s3cret"`, 1500, (*recipeAPI).monthly},
	"s3.yaml":            {"https://bucket.s3.eu-central-1.amazonaws.com", `"access_key": "me", "secret_key": "s3cret"`, 250, (*recipeAPI).s3},
	"notion.yaml":        {"https://api.notion.com", `"token": "s3cret", "database": "d1"`, 250, (*recipeAPI).notion},
}

// TestRecipes runs each definition of the document against a server that
// behaves like its API, twice: it reads every record once, and then what is new.
// Nothing is doubted and nothing is warned of.
func TestRecipes(t *testing.T) {
	found := 0
	for _, block := range fence.FindAllStringSubmatch(string(testrig.Read(t, recipeDocument)), -1) {
		if block[1] != "yaml" {
			continue
		}
		found++
		name, definition := block[2], block[3]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, ok := recipes[name]
			if !ok {
				t.Fatalf("no server stands in for the API of %s", name)
			}
			one.run(t, definition)
		})
	}
	if found != len(recipes) {
		t.Errorf("%s has %d definitions, want %d", recipeDocument, found, len(recipes))
	}
}

// start starts the server that stands in for the API.
func (one recipe) start(t *testing.T) *recipeAPI {
	api := &recipeAPI{rows: recipeRows(one.rows)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { one.serve(api, w, r) }))
	t.Cleanup(server.Close)
	api.url = server.URL
	return api
}

func (one recipe) run(t *testing.T, definition string) {
	api := one.start(t)
	if !strings.Contains(definition, one.base) {
		t.Fatalf("the definition does not have %s", one.base)
	}
	dir := t.TempDir()
	writeFile(t, dir, "source.yaml", []byte(strings.ReplaceAll(definition, one.base, api.url)))
	writeFile(t, dir, "config.json", []byte(`{"source": "source.yaml", `+one.config+`}`))
	first := runRecipe(t, dir)
	if got := recipeKeys(t, first); len(got) != one.rows || len(slices.Compact(got)) != one.rows {
		t.Errorf("%d records came, %d different ones, want %d", len(got), len(slices.Compact(got)), one.rows)
	}
	api.rows = recipeRows(one.rows + 3)
	writeFile(t, dir, "state.json", []byte(lastStateOf(t, first)))
	got := recipeKeys(t, runRecipe(t, dir, "--state", "state.json"))
	for _, row := range api.rows[one.rows:] {
		if !slices.ContainsFunc(got, func(key string) bool { return strings.HasSuffix(key, row.key()) }) {
			t.Errorf("the second run does not bring %s: it brings %q", row.key(), got)
		}
	}
	if incremental := strings.Contains(definition, "incremental:"); incremental && len(got) > one.rows/2 {
		t.Errorf("the second run brings %d records: those of the first again", len(got))
	}
}

// runRecipe returns what a run writes to stdout. It wants that nothing was
// odd.
func runRecipe(t *testing.T, dir string, more ...string) []byte {
	t.Helper()
	cmd := exec.Command(builtBinary(t), append([]string{"--config", "config.json"}, more...)...)
	cmd.Dir, cmd.Env = dir, recipeEnv(dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	if odd := regexp.MustCompile(`(?m)^(WARN|ERROR).*|.*(unfinished|complete\?)$`).FindAllString(stderr.String(), -1); odd != nil {
		t.Errorf("it says %s", strings.Join(odd, "\n"))
	}
	if !regexp.MustCompile(`(?m) complete$`).Match(stderr.Bytes()) {
		t.Errorf("the stream is not complete:\n%s", &stderr)
	}
	return out
}

// recipeEnv is an environment without settings, its folders in dir.
func recipeEnv(dir string) []string {
	return append(slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(strings.ToUpper(v), "TAP_REST_")
	}), "XDG_STATE_HOME="+filepath.Join(dir, "state"))
}

// recipeKeys returns the primary keys of the records, in order.
func recipeKeys(t *testing.T, out []byte) (keys []string) {
	t.Helper()
	var properties []string
	for line := range bytes.Lines(out) {
		switch m := gjson.ParseBytes(line); m.Get("type").Str {
		case "SCHEMA":
			properties = nil
			for _, p := range m.Get("key_properties").Array() {
				properties = append(properties, p.Str)
			}
		case "RECORD":
			key := ""
			for _, p := range properties {
				key += m.Get("record."+p).String() + " "
			}
			keys = append(keys, strings.TrimSpace(key))
		}
	}
	slices.Sort(keys)
	return keys
}

// lastStateOf returns the value of the last line, which must be a STATE.
func lastStateOf(t *testing.T, out []byte) string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	last := gjson.Parse(lines[len(lines)-1])
	if last.Get("type").Str != "STATE" {
		t.Fatalf("the last line is %s", last.Raw)
	}
	return last.Get("value").Raw
}

// recipeRow is a record of an API.
type recipeRow struct {
	n  int
	at time.Time // when it was changed
}

// recipeRows returns rows in the order of their changes, an hour apart.
func recipeRows(n int) []recipeRow {
	rows := make([]recipeRow, n)
	for i := range rows {
		rows[i] = recipeRow{i + 1, time.Date(2024, 1, 1, i, 0, 0, 0, time.UTC)}
	}
	return rows
}

// recipeAPI is what the servers have in common.
type recipeAPI struct {
	url   string
	rows  []recipeRow
	polls atomic.Int64 // of the job that was asked for last
}

// since returns the rows that changed at a time or later.
func (api *recipeAPI) since(at time.Time) []recipeRow {
	from, _ := slices.BinarySearchFunc(api.rows, at, func(row recipeRow, at time.Time) int { return row.at.Compare(at) })
	return api.rows[from:]
}

// answerJSON writes JSON.
func answerJSON(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}

// refuse answers a request that the API would not take.
func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": why}) // the client may be gone
}

// lacks refuses a request without a header. It reports whether it did.
func lacks(w http.ResponseWriter, r *http.Request, name, value string) bool {
	if r.Header.Get(name) == value {
		return false
	}
	refuse(w, http.StatusUnauthorized, name+" is "+r.Header.Get(name)+", want "+value)
	return true
}

// cut returns a page of rows, and whether there are more.
func cut(rows []recipeRow, from, size int) ([]recipeRow, bool) {
	from = min(max(from, 0), len(rows))
	end := min(from+size, len(rows))
	return rows[from:end], end < len(rows)
}

// each makes records of rows.
func each(rows []recipeRow, record func(recipeRow) map[string]any) []map[string]any {
	records := make([]map[string]any, len(rows))
	for i, row := range rows {
		records[i] = record(row)
	}
	return records
}

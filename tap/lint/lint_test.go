package lint_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/xeipuuv/gojsonschema"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/tap/lint"
)

// definition is one stream with further lines.
func definition(lines string) string {
	return "version: 1\nname: shop\nclient: {base_url: \"https://shop.example\"}\nstreams:\n  - name: orders\n    path: /orders\n" + lines
}

type finding struct {
	File, Severity, Rule, Place, Message, Suggestion string
	Line, Column                                     int
}

// check returns what JSON has of one definition.
func check(t *testing.T, text string) []finding {
	r := lint.Check("shop.yaml", func(file string) (*sources.Definition, error) { return config.Parse(file, []byte(text)) })
	var sum struct {
		Errors, Warnings int
		Findings         []finding
	}
	if err := json.Unmarshal(lint.JSON([]lint.Report{r}), &sum); err != nil {
		t.Fatal(err)
	}
	if n := len(r.Of(lint.Error)); sum.Errors != n || sum.Findings == nil {
		t.Errorf("%d errors in %v, want %d", sum.Errors, sum.Findings, n)
	}
	return sum.Findings
}

// TestFindings proves what each kind of finding is for programs: its severity, its rule,
// its place, and what is suggested.
func TestFindings(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       finding
	}{
		{"key", definition("    pth: /x\n"), finding{Severity: "error", Rule: "unknown-key", Line: 7, Column: 5, Place: "streams[0] (orders)", Suggestion: "path"}},
		{"key with another word for it", definition("    decode: {format: csv, separator: x}\n"), finding{Severity: "error", Rule: "unknown-key", Line: 7, Column: 27, Place: "streams[0] (orders).decode", Suggestion: "delimiter"}},
		{"value", definition("    on_invalid: nulify\n"), finding{Severity: "error", Rule: "unknown-name", Line: 7, Column: 17, Place: "streams[0] (orders).on_invalid", Suggestion: "nullify"}},
		{"format", definition("    decode: gz\n"), finding{Severity: "error", Rule: "unknown-name", Line: 7, Column: 13, Place: "streams[0] (orders).decode", Suggestion: "unpack: [gzip]"}},
		{"name in a template", definition("    params: {a: \"{{ confg.x }}\"}\n"), finding{Severity: "error", Rule: "unknown-name", Line: 7, Column: 21, Place: "streams[0] (orders).params.a", Suggestion: "config"}},
		{"template", definition("    params: {a: \"{{ 1 + }}\"}\n"), finding{Severity: "error", Rule: "template", Line: 7, Column: 25, Place: "streams[0] (orders).params.a"}},
		{"duration", definition("    timeout: soon\n"), finding{Severity: "error", Rule: "wrong-value", Line: 7, Column: 14, Place: "streams[0] (orders).timeout"}},
		{"missing", definition("    pagination: {type: keyset, param: after}\n"), finding{Severity: "error", Rule: "missing-key", Line: 7, Column: 17, Place: "streams[0] (orders).pagination"}},
		{"path", definition("    records: \"data[*].x\"\n"), finding{Severity: "error", Rule: "meaning", Line: 7, Column: 14, Place: "streams[0] (orders).records", Suggestion: `"data.#.x"`}},
		{"syntax", definition("    params: {{ a }}\n"), finding{Severity: "error", Rule: "syntax", Line: 7, Column: 13, Place: "streams[0] (orders).params"}},
		{"schema file", definition("    schema: nowhere.json\n"), finding{Severity: "error", Rule: "unreadable", Line: 7, Column: 13, Place: "streams[0] (orders).schema"}},
		{"another file", "a: 1\n", finding{Severity: "error", Rule: "unreadable", Line: 1, Column: 1}},
		{"warning", definition("    schema: {properties: {a: {unevaluatedItems: false}}}\n"), finding{Severity: "warning", Rule: "schema", Line: 5, Column: 1, Place: "streams[0] (orders).schema", Suggestion: "additionalItems"}},
		{"note", definition("    decode: auto\n"), finding{Severity: "note", Rule: "meaning", Line: 5, Column: 1, Place: "streams[0] (orders).decode"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all := check(t, tt.text)
			if len(all) != 1 {
				t.Fatalf("%d findings, want 1: %+v", len(all), all)
			}
			got := all[0]
			tt.want.Message, tt.want.File = got.Message, "shop.yaml"
			if got != tt.want || got.Message == "" {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
	if all := check(t, definition("")); len(all) != 0 {
		t.Errorf("a good definition has findings: %v", all)
	}
}

// sarifLog is as much of a log as the specification wants of each result.
type sarifLog struct {
	Version string
	Runs    []struct {
		Tool struct {
			Driver struct {
				Name, Version string
				Rules         []struct{ ID string }
			}
		}
		Results []struct {
			RuleID, Level string
			RuleIndex     int
			Message       struct{ Text string }
			Locations     []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI string }
					Region           struct{ StartLine, StartColumn int }
				}
			}
		}
	}
}

// TestSARIF proves that each finding is a result with a rule, a level and a place.
func TestSARIF(t *testing.T) {
	var reports []lint.Report
	for _, file := range []string{"my shop.yaml", "sub/good.yaml", "-", filepath.Join(t.TempDir(), "nowhere.yaml")} {
		reports = append(reports, lint.Check(file, func(file string) (*sources.Definition, error) {
			switch file {
			case "my shop.yaml":
				return config.Parse(file, []byte(definition("    pth: 1\n    timeout: soon\n")))
			case "sub/good.yaml":
				return config.Parse(file, []byte(definition("    decode: auto\n")))
			case "-":
				return config.Parse(file, nil)
			}
			return nil, errors.New("read definition: no such file")
		}))
	}
	text := lint.SARIF(reports, "v1")
	for _, problem := range sarifProblems(t, text) {
		t.Error(problem)
	}
	var log sarifLog
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if log.Version != "2.1.0" || run.Tool.Driver.Name == "" || run.Tool.Driver.Version != "v1" || len(run.Results) != 5 {
		t.Fatalf("got %+v", log)
	}
	files := map[string]bool{}
	for _, r := range run.Results {
		at := r.Locations[0].PhysicalLocation
		if r.Message.Text == "" || at.Region.StartLine < 1 || at.Region.StartColumn < 1 || run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("got %+v", r)
		}
		if r.Level != "error" && r.Level != "warning" && r.Level != "note" {
			t.Errorf("level %q", r.Level)
		}
		u, err := url.Parse(at.ArtifactLocation.URI)
		if err != nil || filepath.IsAbs(u.Path) != (u.Scheme == "file") {
			t.Errorf("%q is no reference: %v", at.ArtifactLocation.URI, err)
		}
		files[at.ArtifactLocation.URI] = true
	}
	if !files["my%20shop.yaml"] || !files["sub/good.yaml"] || !files["-"] {
		t.Errorf("got %v", files)
	}
}

// sarifProblems is what the schema of SARIF 2.1.0 has against a log.
func sarifProblems(t *testing.T, log []byte) (all []string) {
	t.Helper()
	schema, err := os.ReadFile(filepath.Join("testdata", "sarif-2.1.0-rtm.5.json"))
	if err != nil {
		t.Fatal(err)
	}
	result, err := gojsonschema.Validate(gojsonschema.NewBytesLoader(schema), gojsonschema.NewBytesLoader(log))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range result.Errors() {
		all = append(all, e.String())
	}
	return all
}

// TestSARIFWithoutFindings proves that a log of nothing is one, too, and that the schema
// finds what is wrong in a log.
func TestSARIFWithoutFindings(t *testing.T) {
	log := lint.SARIF(nil, "v1")
	if problems := sarifProblems(t, log); len(problems) > 0 {
		t.Error(problems)
	}
	for _, tt := range []struct{ name, was, is string }{
		{"no tool", `"tool"`, `"tol"`},
		{"another version", `"version": "2.1.0"`, `"version": "2.0.0"`},
		{"columns of another kind", "unicodeCodePoints", "bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wrong := bytes.Replace(log, []byte(tt.was), []byte(tt.is), 1)
			if bytes.Equal(wrong, log) || len(sarifProblems(t, wrong)) == 0 {
				t.Errorf("the schema takes %s", wrong)
			}
		})
	}
}

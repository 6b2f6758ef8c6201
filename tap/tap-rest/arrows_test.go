package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// module is the path of this module: no package stands there.
const module = "github.com/tap-rest/tap-rest"

// arrows says which of our packages each of them may import, tests apart.
// Imports go one way: down this list.
var arrows = map[string][]string{
	"tap/tap-rest":            {"tap/tap-rest/completion", "tap/tap-rest/console", "tap/tap-rest/demo", "tap/tap-rest/firstdraft", "tap/tap-rest/inputs", "tap/tap-rest/journals", "tap/tap-rest/manual", "tap/tap-rest/parts", "tap/tap-rest/preview", "tap/tap-rest/program", "tap/tap-rest/workers", "tap", "tap/doctor", "tap/lint", "tap/message", "tap/report", "tap/workdir", "catalog", "sources", "sources/config", "sources/definition", "sources/document", "sources/expr", "state", "sources/settings"},
	"tap/tap-rest/firstdraft": {"tap/tap-rest/console", "tap/tap-rest/inputs", "tap/tap-rest/preview", "tap/tap-rest/program", "tap", "tap/report", "tap/workdir", "sources", "sources/config", "sources/definition", "sources/draft", "sources/draft/call", "sources/draft/curl", "sources/draft/foreign", "sources/draft/har", "sources/draft/odata", "sources/draft/openapi", "sources/draft/outline", "sources/draft/postman", "sources/draft/probe", "sources/secret", "catalog/raw", "sources/pattern"},
	"tap/tap-rest/workers":    {"tap/planfile", "tap/tap-rest/console", "tap/tap-rest/inputs", "tap/tap-rest/parts", "tap/tap-rest/program", "tap", "tap/fleet", "tap/fleet/budget", "tap/metrics", "tap/report", "tap/target", "state", "state/journal"},
	"tap/tap-rest/journals":   {"tap/tap-rest/inputs", "tap/tap-rest/program", "tap", "tap/report", "tap/report/page", "tap/workdir", "sources", "state/journal"},
	"tap/tap-rest/parts":      {"tap/planfile", "tap/tap-rest/inputs", "tap/tap-rest/program", "tap", "tap/report", "tap/workdir", "sources", "state", "state/progress"},
	"tap/tap-rest/preview":    {"tap/tap-rest/inputs", "tap/tap-rest/program", "tap", "tap/report", "sources", "sources/config", "sources/document"},
	"tap/tap-rest/inputs":     {"tap/tap-rest/console", "tap/tap-rest/program", "tap", "catalog", "catalog/selection", "sources", "sources/config", "sources/document", "state"},
	"tap/tap-rest/demo":       {"tap/tap-rest/program", "tap", "tap/report", "sources/apitest", "sources/apitest/styles", "sources/config"},
	"tap/tap-rest/program":    {"tap/tracing", "tap/tap-rest/console", "tap", "tap/fleet", "tap/message", "tap/metrics", "tap/report", "tap/target", "tap/telemetry", "tap/workdir", "sources", "sources/document", "state", "state/journal", "sources/settings"},
	"tap/tap-rest/completion": {},
	"tap/tap-rest/console":    {"tap", "tap/message", "tap/report", "sources/secret"},
	"tap/tap-rest/manual":     {},

	"tap/fleet":               {"tap/planfile", "state", "state/progress"},
	"tap/fleet/natstest":      {},
	"tap/fleet/simulation":    {},
	"tap":                     {"sources/fetch/pace", "tap/folders", "tap/logs", "tap/patience", "tap/runjournal", "tap/stdout", "tap/tags", "tap/certificate", "tap/distinct", "tap/rows", "tap/rowset", "sources/fetch/body", "catalog/raw", "sources/fetch/ref", "sources/fetch/paging", "tap/limits", "tap/message", "tap/plan", "tap/render", "tap/report", "tap/workdir", "sources", "sources/document", "sources/expr", "sources/fetch", "sources/secret", "sources/times", "catalog", "catalog/schema", "state", "state/journal", "state/progress", "tap/render/pages", "catalog/schema/model", "tap/render/findings", "tap/planfile", "tap/listing", "tap/known", "tap/supply", "tap/tracing"},
	"tap/fleet/budget":        {"tap/fleet/budget/ledger", "sources", "sources/fetch", "sources/fetch/auth", "sources/fetch/rate"},
	"tap/fleet/budget/ledger": {},
	"tap/doctor":              {},
	"tap/lint":                {"tap", "sources", "sources/document", "sources/pattern"},
	"tap/telemetry":           {"sources/fetch", "tap", "tap/report", "tap/tracing"},
	"tap/metrics":             {"sources/fetch", "tap/report", "tap/workdir"},
	"tap/limits":              {"sources/fetch/pace", "sources", "sources/fetch", "state"},
	"tap/folders":             {"tap/rows", "tap/workdir", "sources", "catalog/schema", "state"},
	"tap/known":               {"tap/plan", "tap/render", "tap/rows", "tap/rowset", "state"},
	"tap/listing":             {"tap/plan", "state"},
	"tap/logs":                {"sources/fetch", "sources/secret"},
	"tap/message":             {"catalog", "catalog/raw", "state"},
	"tap/patience":            {"tap/limits", "tap/logs", "sources/fetch/body", "sources/fetch/paging", "sources", "sources/fetch"},
	"tap/rowset":              {},
	"tap/runjournal":          {"tap/certificate", "tap/limits", "tap/plan", "sources/fetch", "sources/fetch/paging", "state/journal"},
	"tap/rows":                {"tap/rowset", "catalog/raw", "state"},
	"tap/tracing":             {"sources/fetch"},
	"tap/truth":               {},
	"tap/planfile":            {"sources", "catalog", "state", "state/progress"},
	"tap/plan":                {"sources/fetch/uri", "sources/fetch/paging", "sources/fetch/ref", "sources", "sources/expr", "sources/times", "catalog", "state", "state/journal"},
	"tap/render":              {"tap/certificate", "tap/distinct", "catalog/raw", "sources/fetch/ref", "sources/fetch/paging", "tap/message", "tap/plan", "tap/report", "tap/workdir", "sources", "sources/nearest", "sources/expr", "sources/fetch", "catalog", "catalog/schema", "state", "tap/render/findings", "tap/render/pages", "catalog/schema/check", "catalog/schema/infer", "catalog/schema/scan"},
	"tap/render/findings":     {"catalog/raw", "sources", "sources/fetch", "sources/fetch/paging", "tap/certificate", "tap/plan", "tap/report", "tap/twins"},
	"tap/render/pages":        {"catalog", "catalog/schema", "sources", "sources/expr", "sources/fetch", "tap/message", "tap/plan", "catalog/schema/check", "catalog/schema/scan"},
	"tap/report":              {"sources/fetch/vigil", "sources/fetch/pace", "tap/certificate", "sources", "sources/fetch/paging", "tap/message", "sources/fetch", "state/journal", "sources/fetch/recorded", "sources/fetch/uri", "sources/pattern"},
	"tap/report/page":         {"tap/report", "tap/certificate", "sources/fetch/rate", "sources/fetch/recorded", "sources/times", "state/journal"},
	"tap/certificate":         {"tap/workdir", "sources/fetch", "sources/fetch/paging", "tap/distinct"},
	"tap/distinct":            {},
	"tap/stdout":              {"tap/limits", "tap/render"},
	"tap/supply":              {"tap/plan", "tap/planfile", "sources/expr", "state", "state/progress"},
	"tap/target":              {"tap/workdir", "state"},
	"tap/tags":                {"tap/workdir", "tap/rowset", "sources/fetch"},
	"tap/twins":               {"catalog/raw", "sources/fetch", "sources/fetch/paging"},
	"tap/workdir":             {},

	"sources/fetch":             {"sources/fetch/records", "sources/fetch/vigil", "sources/fetch/partial", "sources/fetch/pace", "sources", "sources/expr", "sources/fetch/advice", "sources/fetch/auth", "sources/fetch/body", "sources/fetch/decode/file", "sources/fetch/export", "sources/fetch/identity", "sources/fetch/paging", "sources/fetch/paging/hint", "sources/fetch/paging/repeat", "sources/fetch/pemtext", "sources/fetch/rate", "sources/fetch/recorded", "sources/fetch/ref", "sources/fetch/request", "sources/fetch/uri", "sources/secret", "state/journal"},
	"sources/fetch/decode/csv":  {"catalog/raw", "sources", "sources/fetch/decode/file"},
	"sources/fetch/decode/file": {"catalog/raw", "sources"},

	"sources/fetch/decode/decodetest": {"sources/fetch/decode/file", "testshare"},
	"testrig":                         {}, // tests may import it
	"testshare":                       {}, // tests may import it
	"testbrowser":                     {}, // tests may import it

	"sources/fetch/paging":        {"sources/nearest", "sources/fetch/paging/repeat", "sources/fetch/paging/list", "sources/fetch/ref", "sources/fetch/paging/hint", "sources", "sources/expr", "sources/pattern"},
	"sources/fetch/paging/hint":   {"sources/nearest", "sources"},
	"sources/fetch/request":       {"sources/fetch/paging", "sources/fetch/auth", "sources/fetch/uri", "sources", "sources/expr", "sources/secret"},
	"sources/fetch/auth":          {"sources/fetch/pemtext", "sources/fetch/uri", "sources", "sources/expr", "sources/secret", "sources/pattern"},
	"sources/fetch/paging/list":   {},
	"sources/fetch/paging/repeat": {"sources"},
	"sources/fetch/ref":           {"sources", "sources/expr", "sources/secret"},
	"sources/fetch/body":          {"catalog/raw", "sources/fetch/decode", "sources/fetch/decode/file", "sources", "sources/secret/needle", "sources/secret"},
	"sources/fetch/decode/detect": {"sources"},
	"sources/fetch/decode/xlsx":   {"sources/fetch/decode/file", "sources/fetch/decode/unpack", "sources"},
	"sources/fetch/decode/unpack": {"sources/fetch/decode/file", "sources/fetch/decode/xz", "sources"},
	"sources/fetch/decode/xz":     {"sources/fetch/decode/file"},
	"sources/fetch/rate":          {"sources", "sources/times"},
	"sources/fetch/advice":        {"sources/fetch/decode/detect", "sources/expr", "sources/fetch/paging", "sources/fetch/paging/hint", "sources/fetch/request", "sources", "sources/nearest", "sources/secret", "sources/pattern"},
	"sources/fetch/export":        {"sources", "sources/expr", "sources/fetch/advice", "sources/fetch/decode/xml", "sources/fetch/paging", "sources/fetch/ref", "sources/fetch/uri", "sources/fetch/paging/hint"},
	"sources/fetch/partial":       {"sources/fetch/body"},
	"sources/fetch/records":       {"sources", "sources/fetch/body", "sources/fetch/paging/repeat", "sources/secret/needle"},
	"sources/fetch/vigil":         {"sources/expr", "sources/fetch/advice", "sources/fetch/auth"},
	"sources/fetch/pace":          {"sources", "sources/expr", "sources/fetch/advice", "sources/fetch/auth", "sources/fetch/rate", "sources/secret", "sources/times"},
	"sources/fetch/identity":      {"sources/fetch/pemtext", "sources", "sources/expr", "sources/secret"},
	"sources/fetch/pemtext":       {},
	"sources/fetch/recorded":      {"sources/fetch/body", "sources/secret", "state/journal", "sources/fetch/paging"},
	"sources/fetch/uri":           {"sources/pattern"},
	"sources/fetch/decode/jsonl":  {"catalog/raw", "sources", "sources/fetch/decode/file", "sources/nearest"},
	"sources/fetch/decode/xml":    {"sources", "sources/fetch/decode/file", "sources/nearest"},

	"sources/fetch/decode":          {"catalog/raw", "sources", "sources/document", "sources/fetch/decode/avro", "sources/fetch/decode/csv", "sources/fetch/decode/detect", "sources/fetch/decode/file", "sources/fetch/decode/jsonl", "sources/fetch/decode/parquet", "sources/fetch/decode/protobuf", "sources/fetch/decode/unpack", "sources/fetch/decode/xlsx", "sources/fetch/decode/xml"},
	"sources/fetch/decode/avro":     {"sources/fetch/decode/file", "sources/fetch/decode/xz", "sources", "catalog/raw", "sources/times"},
	"sources/fetch/decode/parquet":  {"sources/fetch/decode/file", "sources", "sources/times"},
	"sources/fetch/decode/protobuf": {"sources/fetch/decode/file", "sources", "sources/nearest", "catalog/raw"},

	"sources/definition/rules": {"sources", "sources/document", "sources/expr", "sources/nearest", "sources/times"},

	"sources/config":         {"sources/fetch/decode", "sources/nearest", "catalog/raw", "sources/builtin", "sources/definition", "sources", "sources/document", "sources/secret", "sources/settings", "sources/pattern"},
	"sources/definition":     {"sources/definition/rules", "sources/nearest", "sources", "sources/document", "sources/expr", "sources/times", "sources/settings", "sources/pattern"},
	"sources":                {"sources/nearest", "catalog/raw", "sources/document", "sources/expr", "sources/secret", "sources/times", "sources/settings", "catalog/schema/model", "catalog/schema", "sources/pattern"},
	"sources/settings":       {"catalog/raw", "catalog/schema", "sources/document", "sources/secret", "catalog/schema/model"},
	"sources/pattern":        {},
	"sources/draft":          {"sources/pattern"},
	"sources/draft/call":     {"sources/draft", "sources/fetch/auth", "sources/pattern"},
	"sources/draft/curl":     {"sources/draft/call", "sources/pattern"},
	"sources/draft/har":      {"sources/draft/call", "sources/draft/probe"},
	"sources/draft/probe":    {"sources", "sources/draft", "sources/draft/call", "sources/fetch/advice", "sources/fetch/body", "sources/fetch/decode", "sources/fetch/decode/detect", "sources/fetch/paging/hint", "sources/times", "sources/pattern"},
	"sources/builtin":        {},
	"sources/document":       {"catalog/raw", "sources/nearest", "sources/pattern"},
	"sources/nearest":        {}, // anybody may import it
	"catalog":                {"catalog/schema/infer", "catalog/raw", "catalog/schema"},
	"catalog/selection":      {"catalog", "sources/document"},
	"sources/apitest":        {"catalog/raw"},
	"sources/apitest/coding": {"sources/apitest"},
	"sources/apitest/styles": {"sources/apitest/exports", "sources/apitest", "catalog/raw"},
	"sources/expr":           {"catalog/raw", "sources/nearest", "sources/times"},
	"sources/secret/needle":  {},
	"sources/secret":         {"sources/expr", "sources/secret/needle", "sources/pattern"},
	"sources/times":          {}, // anybody may import it
	"catalog/schema":         {"catalog/raw", "catalog/schema/check", "catalog/schema/kinds", "catalog/schema/model", "catalog/schema/scan"},
	"catalog/schema/infer":   {"catalog/raw", "catalog/schema/formats", "catalog/schema/kinds", "catalog/schema/model", "catalog/schema/scan"},
	"catalog/schema/check":   {"catalog/raw", "catalog/schema/formats", "catalog/schema/kinds", "catalog/schema/model", "catalog/schema/scan"},
	"catalog/schema/model":   {"catalog/raw", "catalog/schema/kinds"},
	"catalog/schema/formats": {"catalog/schema/scan"},
	"catalog/schema/scan":    {"catalog/schema/kinds"},
	"catalog/schema/kinds":   {"catalog/raw"},
	"catalog/raw":            {}, // anybody may import it
	"state":                  {"catalog/raw", "sources/times"},
	"state/journal":          {"state/journal/disk"},
	"state/journal/disk":     {},
	"state/progress":         {"state"},

	"sources/draft/outline":   {"sources/document", "sources/draft", "sources/pattern"},
	"sources/draft/openapi":   {"sources/document", "sources/draft", "sources/draft/outline", "sources/pattern"},
	"sources/draft/postman":   {"sources/document", "sources/draft", "sources/draft/outline", "sources/pattern"},
	"sources/draft/odata":     {"sources/draft", "sources/draft/outline"},
	"sources/draft/foreign":   {"sources/document", "sources/draft", "sources/draft/outline", "sources/pattern"},
	"sources/draft/drafttest": {"sources", "sources/definition", "sources/draft", "tap", "sources/pattern"},
	"sources/apitest/exports": {"sources/apitest", "catalog/raw"},
	"sources/apitest/calls":   {},
}

func TestImportsGoOneWay(t *testing.T) {
	list := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"/...")
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	found := 0
	for line := range strings.Lines(string(out)) {
		paths := strings.Fields(line)
		name := strings.TrimPrefix(paths[0], module+"/")
		allowed, known := arrows[name]
		if !known {
			t.Errorf("package %s is not in arrows: say there what it may import", paths[0])
			continue
		}
		found++
		for _, path := range paths[1:] {
			if imported, ours := strings.CutPrefix(path, module+"/"); ours && !slices.Contains(allowed, imported) {
				t.Errorf("%s imports %s: the arrow points the other way", name, imported)
			}
		}
	}
	if found != len(arrows) {
		t.Errorf("%d packages of arrows exist, want all %d", found, len(arrows))
	}
}

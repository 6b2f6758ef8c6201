package check

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestFastKnowsEveryKeyword: what the fast check does not read the judge does
// not read either, so that it accepts nothing for lack of a keyword. A newer
// gojsonschema that knows more fails here.
func TestFastKnowsEveryKeyword(t *testing.T) {
	asks := map[string]bool{ // nothing of a value
		"$schema": true, "id": true, "$id": true, "title": true, "description": true, "definitions": true,
	}
	source := fastSources(t)
	keywords := judgeKeywords(t)
	for _, keyword := range keywords {
		if !asks[keyword] && !strings.Contains(source, strconv.Quote(keyword)) {
			t.Errorf("the judge knows %s, the fast check does not", keyword)
		}
	}
	if len(keywords) < 40 {
		t.Errorf("the judge knows %q alone", keywords)
	}
}

// fastSources are the files of the fast check, and what they read schemas with.
func fastSources(t *testing.T) string {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range append(names, "../model/node.go", "../model/types.go", "../model/group.go") {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// judgeKeywords are those that gojsonschema reads: its constants KEY_….
func judgeKeywords(t *testing.T) (all []string) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/xeipuuv/gojsonschema").Output()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "subSchema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(v.Names[0].Name, "KEY_") {
			return true
		}
		keyword, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, keyword)
		return false
	})
	return all
}

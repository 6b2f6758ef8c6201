package plan_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestPure holds the package's promise: it asks no clock, reads no file, writes no
// log, and nothing in it is left to chance.
func TestPure(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, f := range files {
		if name := f.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			checkPure(t, name)
			looked++
		}
	}
	if looked == 0 {
		t.Fatal("no file was looked at")
	}
}

func checkPure(t *testing.T, name string) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range file.Imports {
		if path := strings.Trim(i.Path.Value, `"`); slices.Contains([]string{"os", "io", "io/fs", "net/http", "log/slog", "math/rand/v2", "crypto/rand"}, path) {
			t.Errorf("%s: imports %s", set.Position(i.Pos()), path)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "After", "NewTimer", "Sleep"}, s.Sel.Name) {
				t.Errorf("%s: asks the clock", set.Position(n.Pos()))
			}
		}
		return true
	})
}

package sources_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// TestPatterns compiles each expression that the program gives to New, which nothing does
// before it is used.
func TestPatterns(t *testing.T) {
	found := 0
	check := func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".go" {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(text, []byte("pattern.New(")) {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok && isNewPattern(c) {
				found++
				text, err := patternLiteral(c.Args[0])
				if err == nil {
					_, err = regexp.Compile(text)
				}
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			return true
		})
		return nil
	}
	for _, dir := range []string{".", "../tap"} {
		if err := filepath.WalkDir(dir, check); err != nil {
			t.Error(err)
		}
	}
	if found < 50 {
		t.Errorf("%d expressions", found)
	}
}

func isNewPattern(c *ast.CallExpr) bool {
	f, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || f.Sel.Name != "New" || len(c.Args) != 1 {
		return false
	}
	x, ok := f.X.(*ast.Ident)
	return ok && x.Name == "pattern"
}

// patternLiteral is the text of literals, added where they are several.
func patternLiteral(e ast.Expr) (string, error) {
	if sum, ok := e.(*ast.BinaryExpr); ok {
		left, err := patternLiteral(sum.X)
		if err != nil {
			return "", err
		}
		right, err := patternLiteral(sum.Y)
		return left + right, err
	}
	l, ok := e.(*ast.BasicLit)
	if !ok {
		return "", strconv.ErrSyntax
	}
	return strconv.Unquote(l.Value)
}

// Package drafttest says for the tests of readers whether what they made is a
// definition: it loads, and lint finds nothing.
package drafttest

import (
	"os"
	"testing"

	"github.com/tap-rest/tap-rest/sources/pattern"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/draft"
)

// Loads fails the test where a definition does not load, or is not clean.
func Loads(t testing.TB, d *draft.Definition) *sources.Definition {
	t.Helper()
	text := d.AppendYAML(nil)
	def, err := definition.Parse("written.yaml", text)
	if err != nil {
		t.Fatalf("what is written does not load: %.2000v\n%.8000s", err, text)
	}
	for _, warning := range append(def.Warnings, def.SchemaWarnings()...) {
		t.Errorf("lint warns: %v\n%.8000s", warning, text)
	}
	return def
}

// asked is a line that is asked: a key behind the mark of a comment.
var asked = pattern.New(`(?m)^( *)# ( *[A-Za-z_$]+:(?: .*)?)$`)

// Answered loads the definition with all that it asks taken over.
func Answered(t testing.TB, d *draft.Definition) *sources.Definition {
	t.Helper()
	text := asked().ReplaceAll(d.AppendYAML(nil), []byte("$1$2"))
	def, err := definition.Parse("answered.yaml", text)
	if err != nil {
		t.Fatalf("with its questions answered it does not load: %v\n%s", err, text)
	}
	return def
}

// Golden compares the text of a definition with that of a file, which is
// written anew where update is true.
func Golden(t *testing.T, file string, d *draft.Definition, update bool) {
	t.Helper()
	got := d.AppendYAML(nil)
	if update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs (-update writes it anew); got:\n%s", file, got)
	}
}

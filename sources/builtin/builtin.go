// Package builtin holds the definitions that come with the program: each is a
// file NAME.yaml in this folder, which refers to no other file.
package builtin

import (
	"embed"
	"slices"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// Names returns the names of the definitions.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic("builtin: no folder: " + err.Error()) // it is compiled in
	}
	var names []string
	for _, e := range entries {
		if name, found := strings.CutSuffix(e.Name(), ".yaml"); found {
			names = append(names, name)
		}
	}
	return names
}

// Text returns the text of the definition of that name, as it stands in its file.
func Text(name string) (text []byte, found bool) {
	if !slices.Contains(Names(), name) {
		return nil, false
	}
	text, err := files.ReadFile(name + ".yaml")
	if err != nil {
		panic("builtin: " + err.Error()) // it is compiled in
	}
	return text, true
}

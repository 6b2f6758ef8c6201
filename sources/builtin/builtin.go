// Package builtin holds the definitions that come with the program: each is a
// file NAME.yaml in this folder, with its schemas in a folder of its name.
package builtin

import (
	"embed"
	"strings"
)

// Files are the definitions and their schemas.
//
//go:embed *.yaml */*.json
var Files embed.FS

// Names returns the names of the definitions.
func Names() []string {
	entries, err := Files.ReadDir(".")
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

package definition

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/pattern"
	"github.com/tap-rest/tap-rest/sources/settings"
)

// Parse reads the text of a definition. File names it in messages; schema
// files are looked for beside it. The error is [document.Problems]: all of them.
func Parse(file string, data []byte) (*sources.Definition, error) {
	return ParseWith(file, data, func(name string) ([]byte, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(file), name)
		}
		return document.ReadFile(name, maxSchema)
	})
}

// ParseWith is Parse of a definition whose schema files open reads.
func ParseWith(file string, data []byte, open func(name string) ([]byte, error)) (*sources.Definition, error) {
	doc := document.New(file, data)
	root := doc.Root(data)
	switch {
	case len(data) <= document.MaxFile && content().Match(data) && isForeign(data, root):
		return nil, document.Problems{{File: file, Line: 1, Column: 1, Place: "", Msg: `is no definition: its top level has none of "version", "name" and "streams"`}}
	case root == nil || len(doc.Problems) > 0 && root.Shape != document.Map:
		return nil, doc.Problems.Sorted()
	}
	digest := sha256.New()
	r := &reader{Document: doc, open: func(name string) ([]byte, error) {
		data, err := open(name)
		digest.Write(data)
		return data, err
	}}
	// Templates are checked against the settings, wherever those stand.
	asked := settings.None()
	if n := root.Get("settings"); n != nil {
		asked, _ = readSettings(r, n, key{name: "settings", kind: aSettings}).(*settings.Settings)
	}
	r.templates = sources.NewTemplates(asked)
	root.Read = r.object(root, key{kind: aMap, of: definitionObject})
	b := &builder{Document: doc, reader: r, root: root, clients: map[clientKey]*sources.Client{}}
	def := b.definition()
	if len(r.Problems) > 0 {
		return nil, r.Problems.Sorted()
	}
	def.Settings, def.Warnings = asked, r.Warnings.Sorted()
	digest.Write(root.AppendJSON(nil, true))
	def.Digest = hex.EncodeToString(digest.Sum(nil)[:8])
	def.Complete()
	return def, nil
}

// definitionKeys are the keys that a definition has at its top level, and other
// files hardly do.
var definitionKeys = []string{"version", "name", "streams"}

// definitionKey matches one of them where a file cannot be read as YAML.
var definitionKey = pattern.New(`(?m)^(?:\s*\{)?\s*["']?(?:version|name|streams)["']?\s*:`)

// content matches a line that is neither blank nor a comment.
var content = pattern.New(`(?m)^\s*[^#\s]`)

// isForeign reports whether a file is no definition at all: what is wrong with
// it is nobody's business then, and what stands in it may be a secret. Root is
// nil where it could not be read as YAML.
func isForeign(data []byte, root *document.Node) bool {
	if root == nil {
		return !definitionKey().Match(data)
	}
	for _, name := range definitionKeys {
		if root.Has(name) {
			return false
		}
	}
	return true
}

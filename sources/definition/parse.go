package definition

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/builtin"
	"github.com/tap-rest/tap-rest/sources/document"
)

// Load reads the definition of that built-in name or in that file. Schema
// files are looked for beside it. The error is [Problems] where the file could
// be read.
func Load(name string) (*sources.Definition, error) {
	if slices.Contains(builtin.Names(), name) {
		data, err := builtin.Files.ReadFile(name + ".yaml")
		if err != nil {
			return nil, fmt.Errorf("read built-in definition %s: %w", name, err)
		}
		return parse(name+".yaml", data, func(file string) ([]byte, error) {
			return builtin.Files.ReadFile(path.Clean(file))
		})
	}
	data, err := readLimited(name, document.MaxFile)
	if err != nil {
		return nil, fmt.Errorf("read definition: %w", err)
	}
	return Parse(name, data)
}

// Parse reads the text of a definition. File names it in messages; schema
// files are looked for beside it. The error is [Problems]: all of them.
func Parse(file string, data []byte) (*sources.Definition, error) {
	return parse(file, data, func(name string) ([]byte, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(file), name)
		}
		return readLimited(name, maxSchema)
	})
}

// readLimited reads a regular file of at most limit bytes; it returns one byte
// more of a larger one.
func readLimited(name string, limit int64) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("not a regular file")}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit+1))
}

// parse reads a definition whose schema files open reads.
func parse(file string, data []byte, open opener) (*sources.Definition, error) {
	doc := document.New(file, data)
	root := doc.Root(data)
	switch {
	case len(data) <= document.MaxFile && content.Match(data) && isForeign(data, root):
		return nil, document.Problems{{File: file, Line: 1, Column: 1, Place: "", Msg: `is no definition: its top level has none of "version", "name" and "streams"`}}
	case root == nil || len(doc.Problems) > 0 && root.Shape != document.Map:
		return nil, doc.Problems.Sorted()
	}
	r := newReader(doc, open)
	// Templates are checked against the settings, wherever those stand.
	r.settings = sources.NoSettings()
	if n := root.Get("settings"); n != nil {
		r.settings, _ = r.settingsSchema(n, key{name: "settings", kind: aSettings}).(*sources.Settings)
	}
	root.Read = r.object(root, key{kind: aMap, of: definitionObject})
	b := &builder{reader: r, root: root, clients: map[clientKey]*sources.Client{}}
	def := b.definition()
	if len(r.Problems) > 0 {
		return nil, r.Problems.Sorted()
	}
	def.Settings, def.Warnings = r.settings, r.Warnings.Sorted()
	return def, nil
}

// maxSchema is the size of a schema file, in bytes, at most.
const maxSchema = 8 << 20

// schemaText is the schema of a stream.
type schemaText struct {
	raw  json.RawMessage
	file string
	root *document.Node
}

// schema reads the JSON Schema of a stream, inline or in a file.
func (r *reader) schema(n *document.Node, k key) any {
	text := schemaText{root: n}
	switch n.Shape {
	case document.Map:
		text.raw = n.AppendJSON(nil, false)
	case document.Text:
		text.file = n.Text
		if text.root = r.schemaFile(n); text.root == nil {
			return nil
		}
		text.raw = text.root.AppendJSON(nil, false)
	default:
		return r.wants(n, k)
	}
	_, fault := sources.CompileSchema(text.root)
	switch {
	case fault == nil:
		return text
	case text.file == "":
		r.Problem(fault.At, "%s", fault.Msg)
	default:
		r.Problem(n, "%s: %s: %s", document.Clip(text.file), fault.At.Pointer(), fault.Msg)
	}
	return nil
}

// schemaFile reads a schema file: JSON, or YAML by its name.
func (r *reader) schemaFile(n *document.Node) *document.Node {
	data, err := r.open(n.Text)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		r.Problem(n, "schema file %s: %v", document.Clip(n.Text), err)
		return nil
	}
	if len(data) > maxSchema {
		r.Problem(n, "schema file %s is larger than %d bytes", document.Clip(n.Text), maxSchema)
		return nil
	}
	if ext := strings.ToLower(filepath.Ext(n.Text)); ext == ".yaml" || ext == ".yml" {
		doc := document.New(n.Text, data)
		root := doc.Root(data)
		if isForeignSchema(root) {
			r.Problem(n, "schema file %s is no JSON Schema", document.Clip(n.Text))
			return nil
		}
		for _, p := range doc.Problems {
			r.Problem(n, "schema file: %v", p)
		}
		if len(doc.Problems) > 0 {
			return nil
		}
		return root
	}
	root, err := document.ParseJSON(data)
	if err != nil {
		r.Problem(n, "schema file %s: not JSON: %v", document.Clip(n.Text), err)
		return nil
	}
	return root
}

// settingsSchema reads the JSON Schema of the settings.
func (r *reader) settingsSchema(n *document.Node, k key) any {
	if n.Shape != document.Map {
		return r.wants(n, k)
	}
	s, faults := sources.NewSettings(n)
	for _, fault := range faults {
		r.Problem(fault.At, "%s", fault.Msg)
	}
	if s == nil {
		return nil
	}
	return s
}

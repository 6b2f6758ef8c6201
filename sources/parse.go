package sources

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

	"github.com/tap-rest/tap-rest/sources/builtin"
)

// Load reads the definition of that built-in name or in that file. Schema
// files are looked for beside it. The error is [Problems] where the file could
// be read.
func Load(name string) (*Definition, error) {
	if slices.Contains(builtin.Names(), name) {
		data, err := builtin.Files.ReadFile(name + ".yaml")
		if err != nil {
			return nil, fmt.Errorf("read built-in definition %s: %w", name, err)
		}
		return parse(name+".yaml", data, func(file string) ([]byte, error) {
			return builtin.Files.ReadFile(path.Clean(file))
		})
	}
	data, err := readLimited(name, maxFile)
	if err != nil {
		return nil, fmt.Errorf("read definition: %w", err)
	}
	return Parse(name, data)
}

// Parse reads the text of a definition. File names it in messages; schema
// files are looked for beside it. The error is [Problems]: all of them.
func Parse(file string, data []byte) (*Definition, error) {
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
func parse(file string, data []byte, open opener) (*Definition, error) {
	doc := newDocument(file, data)
	root := doc.root(data)
	switch {
	case len(data) <= maxFile && content.Match(data) && isForeign(data, root):
		return nil, Problems{{file, 1, 1, "", `is no definition: its top level has none of "version", "name" and "streams"`}}
	case root == nil || len(doc.problems) > 0 && root.shape != isMap:
		return nil, doc.problems.sorted()
	}
	r := newReader(doc, open)
	// Templates are checked against the settings, wherever those stand.
	r.settings = noSettings()
	if n := root.get("settings"); n != nil {
		r.settings, _ = r.settingsSchema(n, key{name: "settings", kind: aSettings}).(*Settings)
	}
	root.read = r.object(root, key{kind: aMap, of: definitionObject})
	b := &builder{reader: r, root: root, clients: map[clientKey]*Client{}}
	def := b.definition()
	if len(r.problems) > 0 {
		return nil, r.problems.sorted()
	}
	def.Settings, def.Warnings = r.settings, r.warnings.sorted()
	return def, nil
}

// maxSchema is the size of a schema file, in bytes, at most.
const maxSchema = 8 << 20

// schemaText is the schema of a stream.
type schemaText struct {
	raw  json.RawMessage
	file string
	root *node
}

// schema reads the JSON Schema of a stream, inline or in a file.
func (r *reader) schema(n *node, k key) any {
	text := schemaText{root: n}
	switch n.shape {
	case isMap:
		text.raw = n.appendJSON(nil, false)
	case isText:
		text.file = n.text
		if text.root = r.schemaFile(n); text.root == nil {
			return nil
		}
		text.raw = text.root.appendJSON(nil, false)
	default:
		return r.wants(n, k)
	}
	_, fault := compileSchema(text.root)
	switch {
	case fault == nil:
		return text
	case text.file == "":
		r.problem(fault.at, "%s", fault.msg)
	default:
		r.problem(n, "%s: %s: %s", clip(text.file), fault.at.pointer(), fault.msg)
	}
	return nil
}

// schemaFile reads a schema file: JSON, or YAML by its name.
func (r *reader) schemaFile(n *node) *node {
	data, err := r.open(n.text)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		r.problem(n, "schema file %s: %v", clip(n.text), err)
		return nil
	}
	if len(data) > maxSchema {
		r.problem(n, "schema file %s is larger than %d bytes", clip(n.text), maxSchema)
		return nil
	}
	if ext := strings.ToLower(filepath.Ext(n.text)); ext == ".yaml" || ext == ".yml" {
		doc := newDocument(n.text, data)
		root := doc.root(data)
		if isForeignSchema(root) {
			r.problem(n, "schema file %s is no JSON Schema", clip(n.text))
			return nil
		}
		for _, p := range doc.problems {
			r.problem(n, "schema file: %v", p)
		}
		if len(doc.problems) > 0 {
			return nil
		}
		return root
	}
	root, err := parseJSON(data)
	if err != nil {
		r.problem(n, "schema file %s: not JSON: %v", clip(n.text), err)
		return nil
	}
	return root
}

// settingsSchema reads the JSON Schema of the settings.
func (r *reader) settingsSchema(n *node, k key) any {
	if n.shape != isMap {
		return r.wants(n, k)
	}
	s, faults := NewSettings(n)
	for _, fault := range faults {
		r.problem(fault.at, "%s", fault.msg)
	}
	if s == nil {
		return nil
	}
	return s
}

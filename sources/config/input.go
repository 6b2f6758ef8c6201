package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/builtin"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// ConfigFile is a config as it was read: one JSON object, or by its name a YAML
// map. Without any text it is an empty one.
type File struct {
	Name string
	Data []byte
}

// Input is all that a user gives, not yet checked: what it means depends on
// the definition.
type Input struct {
	files  []inputFile    // later ones win
	values *document.Node // of all files
	env    []envVar
	// proxies are the passwords in the URLs of proxies that the environment
	// names.
	proxies secret.List
}

type inputFile struct {
	name string
	root *document.Node
}

// ReadConfig reads config files, of which later ones win, key by key, and
// picks the variables named TAP_REST_… out of environ ("NAME=value"), which
// win over files.
func Read(files []File, environ []string) (*Input, error) {
	in := &Input{values: &document.Node{Shape: document.Map}}
	for _, f := range files {
		root, err := f.parse()
		if err != nil {
			return nil, err
		}
		in.files = append(in.files, inputFile{f.Name, root})
		in.values = overlay(in.values, root)
	}
	for _, v := range environ {
		name, text, _ := strings.Cut(v, "=")
		if strings.HasSuffix(strings.ToLower(name), "_proxy") {
			in.proxies = append(in.proxies, secret.UserInfo(text)...)
		}
		if len(name) > len(sources.EnvPrefix) && strings.EqualFold(name[:len(sources.EnvPrefix)], sources.EnvPrefix) {
			in.env = append(in.env, envVar{name, strings.ToLower(name[len(sources.EnvPrefix):]), text})
		}
	}
	slices.SortStableFunc(in.env, func(a, b envVar) int { return strings.Compare(a.path, b.path) })
	return in, nil
}

// overlay returns over on top of base: maps key by key, all else replaced.
func overlay(base, over *document.Node) *document.Node {
	if base == nil || base.Shape != document.Map || over.Shape != document.Map {
		return over
	}
	merged := *base
	merged.Fields = slices.Clone(base.Fields)
	at := make(map[string]int, len(merged.Fields))
	for i, m := range merged.Fields {
		at[m.Name] = i
	}
	for _, m := range over.Fields {
		i, there := at[m.Name]
		if there {
			m.Value = overlay(merged.Fields[i].Value, m.Value)
			merged.Fields[i] = m
			continue
		}
		at[m.Name] = len(merged.Fields)
		merged.Fields = append(merged.Fields, m)
	}
	return &merged
}

// origins says where a key of the config was given.
type origins struct {
	files []inputFile
	env   map[string]string // pointer to variable
}

// of returns the file or the variable that gave the key at a JSON pointer, or
// what it lies in.
func (o origins) of(pointer string) string {
	for p := pointer; p != ""; p = p[:strings.LastIndexByte(p, '/')] {
		if name, found := o.env[p]; found {
			return name
		}
	}
	steps := strings.Split(pointer, "/")[1:]
	for depth := len(steps); depth > 0; depth-- {
		for _, f := range slices.Backward(o.files) {
			if found := f.root.At(steps[:depth]); found != f.root.At(steps[:depth-1]) {
				return "config " + f.name
			}
		}
	}
	if len(o.files) == 1 {
		return "config " + o.files[0].name
	}
	return "config"
}

// Configure checks what the user gave against the definition. Its error is
// [ConfigProblems].
func (in *Input) Configure(d *sources.Definition) (*sources.Config, error) {
	g := sources.Given{Proxies: in.proxies}
	values, origins := in.resolve(d.Settings, func(format string, args ...any) {
		g.Warnings = append(g.Warnings, fmt.Sprintf(format, args...))
	})
	var problems document.Problems
	g.Run, problems = definition.ReadRun(values.Get("run"))
	for _, p := range problems {
		pointer := "/" + strings.ReplaceAll(p.Place, ".", "/")
		g.Problems = append(g.Problems, sources.ConfigProblem{File: origins.of(pointer), Pointer: pointer, Msg: p.Msg})
	}
	g.Settings, g.Origin = withoutNulls(values.Without("source", "run")), origins.of
	return d.Configure(g)
}

// resolve returns what files and environment say together, now that the
// settings tell what the variables mean.
func (in *Input) resolve(s *sources.Settings, warn func(format string, args ...any)) (*document.Node, origins) {
	o := origins{in.files, map[string]string{}}
	values := in.values
	for _, v := range in.named(s, warn) {
		o.env[v.pointer] = v.name
		values = overlay(values, nest(v.steps, v.value))
	}
	return rooted(values, nil, ""), o
}

// withoutNulls returns the map without the keys that are null: orchestrators
// write those for what nobody set.
func withoutNulls(n *document.Node) *document.Node {
	rest := *n
	rest.Fields = nil
	for _, m := range n.Fields {
		if m.Value.Shape == document.Map {
			m.Value = withoutNulls(m.Value)
		}
		if m.Value.Shape != document.Null {
			rest.Fields = append(rest.Fields, m)
		}
	}
	return &rest
}

// rooted returns a copy of the tree in which every node knows its place.
func rooted(n, parent *document.Node, step string) *document.Node {
	c := *n
	c.Parent, c.Step = parent, step
	c.Items, c.Fields = nil, nil
	for i, item := range n.Items {
		c.Items = append(c.Items, rooted(item, &c, fmt.Sprintf("[%d]", i)))
	}
	for _, m := range n.Fields {
		m.Value = rooted(m.Value, &c, m.Name)
		c.Fields = append(c.Fields, m)
	}
	return &c
}

// nest returns maps in each other, down to the leaf.
func nest(steps []string, leaf *document.Node) *document.Node {
	for _, step := range slices.Backward(steps) {
		leaf = &document.Node{Shape: document.Map, Fields: []document.Member{{Name: step, Value: leaf}}}
	}
	return leaf
}

// ErrNoSource says that no config and no variable names a definition.
var ErrNoSource = errors.New(`"source" is missing`)

// Definition returns the definition that "source" names: a built-in one, a
// file beside the working directory or else beside the config file, or one
// that stands in the config itself, as an object or as text: YAML on several
// lines, or JSON.
func (in *Input) Definition() (*sources.Definition, error) {
	source, file := in.values.Get("source"), ""
	for _, f := range in.files {
		if f.root.Has("source") {
			file = f.name
		}
	}
	for _, v := range in.env {
		if v.path == "source" && v.text != "" {
			source, file = envValue(v.text, false), ""
		}
	}
	switch {
	case source == nil:
		return nil, fmt.Errorf(`config: %w: the name of a definition (built in: %s), its file, or the definition itself`, ErrNoSource, strings.Join(builtin.Names(), ", "))
	case source.Shape == document.Map:
		return definition.Parse(cmp.Or(file, sources.EnvPrefix+"SOURCE"), source.AppendJSON(nil, false))
	case source.Shape == document.Text && (strings.ContainsRune(source.Text, '\n') || strings.HasPrefix(source.Text, "{")):
		return definition.Parse(cmp.Or(file, sources.EnvPrefix+"SOURCE"), []byte(source.Text))
	case source.Shape != document.Text || source.Text == "":
		return nil, fmt.Errorf(`config: "source" wants a name, a file or a definition, not %s`, source.Shape)
	}
	return loadBeside(source.Text, file)
}

// loadBeside loads a definition by its name or its file.
func loadBeside(source, config string) (*sources.Definition, error) {
	tried := []string{source}
	if config != "" && !filepath.IsAbs(source) {
		if beside := filepath.Join(filepath.Dir(config), source); beside != filepath.Clean(source) {
			tried = append(tried, beside)
		}
	}
	for _, path := range tried {
		if d, err := definition.Load(path); !errors.Is(err, fs.ErrNotExist) {
			return d, err
		}
	}
	return nil, fmt.Errorf("source %q is neither built in (%s) nor a file; tried %s: %w",
		source, strings.Join(builtin.Names(), ", "), strings.Join(tried, ", "), os.ErrNotExist)
}

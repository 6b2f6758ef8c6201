package sources

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/builtin"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// ConfigFile is a config as it was read: one JSON object, or by its name a YAML
// map. Without any text it is an empty one.
type ConfigFile struct {
	Name string
	Data []byte
}

// Input is all that a user gives, not yet checked: what it means depends on
// the definition.
type Input struct {
	files  []inputFile // later ones win
	values *node       // of all files
	env    []envVar
	// proxies are the passwords in the URLs of proxies that the environment
	// names.
	proxies secret.List
}

type inputFile struct {
	name string
	root *node
}

// ReadConfig reads config files, of which later ones win, key by key, and
// picks the variables named TAP_REST_… out of environ ("NAME=value"), which
// win over files.
func ReadConfig(files []ConfigFile, environ []string) (*Input, error) {
	in := &Input{values: &node{shape: isMap}}
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
		if len(name) > len(EnvPrefix) && strings.EqualFold(name[:len(EnvPrefix)], EnvPrefix) {
			in.env = append(in.env, envVar{name, strings.ToLower(name[len(EnvPrefix):]), text})
		}
	}
	slices.SortStableFunc(in.env, func(a, b envVar) int { return strings.Compare(a.path, b.path) })
	return in, nil
}

// overlay returns over on top of base: maps key by key, all else replaced.
func overlay(base, over *node) *node {
	if base == nil || base.shape != isMap || over.shape != isMap {
		return over
	}
	merged := *base
	merged.fields = slices.Clone(base.fields)
	at := make(map[string]int, len(merged.fields))
	for i, m := range merged.fields {
		at[m.name] = i
	}
	for _, m := range over.fields {
		i, there := at[m.name]
		if there {
			m.value = overlay(merged.fields[i].value, m.value)
			merged.fields[i] = m
			continue
		}
		at[m.name] = len(merged.fields)
		merged.fields = append(merged.fields, m)
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
			if found := f.root.at(steps[:depth]); found != f.root.at(steps[:depth-1]) {
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
func (in *Input) Configure(d *Definition) (*Config, error) {
	g := Given{Proxies: in.proxies}
	values, origins := in.resolve(d.Settings, func(format string, args ...any) {
		g.Warnings = append(g.Warnings, fmt.Sprintf(format, args...))
	})
	var problems Problems
	g.Run, problems = ReadRun(values.get("run"))
	for _, p := range problems {
		pointer := "/" + strings.ReplaceAll(p.Place, ".", "/")
		g.Problems = append(g.Problems, ConfigProblem{origins.of(pointer), pointer, p.Msg})
	}
	g.Settings, g.Origin = withoutNulls(values.without("source", "run")), origins.of
	return d.Configure(g)
}

// resolve returns what files and environment say together, now that the
// settings tell what the variables mean.
func (in *Input) resolve(s *Settings, warn func(format string, args ...any)) (*node, origins) {
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
func withoutNulls(n *node) *node {
	rest := *n
	rest.fields = nil
	for _, m := range n.fields {
		if m.value.shape == isMap {
			m.value = withoutNulls(m.value)
		}
		if m.value.shape != isNull {
			rest.fields = append(rest.fields, m)
		}
	}
	return &rest
}

// rooted returns a copy of the tree in which every node knows its place.
func rooted(n, parent *node, step string) *node {
	c := *n
	c.parent, c.step = parent, step
	c.items, c.fields = nil, nil
	for i, item := range n.items {
		c.items = append(c.items, rooted(item, &c, fmt.Sprintf("[%d]", i)))
	}
	for _, m := range n.fields {
		m.value = rooted(m.value, &c, m.name)
		c.fields = append(c.fields, m)
	}
	return &c
}

// nest returns maps in each other, down to the leaf.
func nest(steps []string, leaf *node) *node {
	for _, step := range slices.Backward(steps) {
		leaf = &node{shape: isMap, fields: []member{{name: step, value: leaf}}}
	}
	return leaf
}

// ErrNoSource says that no config and no variable names a definition.
var ErrNoSource = errors.New(`"source" is missing`)

// Definition returns the definition that "source" names: a built-in one, a
// file beside the working directory or else beside the config file, or one
// that stands in the config itself, as an object or as text: YAML on several
// lines, or JSON.
func (in *Input) Definition() (*Definition, error) {
	source, file := in.values.get("source"), ""
	for _, f := range in.files {
		if f.root.has("source") {
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
	case source.shape == isMap:
		return Parse(cmp.Or(file, EnvPrefix+"SOURCE"), source.appendJSON(nil, false))
	case source.shape == isText && (strings.ContainsRune(source.text, '\n') || strings.HasPrefix(source.text, "{")):
		return Parse(cmp.Or(file, EnvPrefix+"SOURCE"), []byte(source.text))
	case source.shape != isText || source.text == "":
		return nil, fmt.Errorf(`config: "source" wants a name, a file or a definition, not %s`, source.shape)
	}
	return loadBeside(source.text, file)
}

// loadBeside loads a definition by its name or its file.
func loadBeside(source, config string) (*Definition, error) {
	tried := []string{source}
	if config != "" && !filepath.IsAbs(source) {
		if beside := filepath.Join(filepath.Dir(config), source); beside != filepath.Clean(source) {
			tried = append(tried, beside)
		}
	}
	for _, path := range tried {
		if d, err := Load(path); !errors.Is(err, fs.ErrNotExist) {
			return d, err
		}
	}
	return nil, fmt.Errorf("source %q is neither built in (%s) nor a file; tried %s: %w",
		source, strings.Join(builtin.Names(), ", "), strings.Join(tried, ", "), os.ErrNotExist)
}

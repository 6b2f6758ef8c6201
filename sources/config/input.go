package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/sources/settings"
)

// File is a config as it was read: one JSON object, or by its name a YAML
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
	name   string
	root   *document.Node
	refers map[string][]string // what texts at JSON pointers refer to
}

// Read reads config files, of which later ones win, key by key, and
// picks the variables named TAP_REST_… out of environ ("NAME=value"), which
// win over files. Every text stands for itself.
func Read(files []File, environ []string) (*Input, error) {
	in, err := read(files, func(*inputFile) error { return nil })
	if err != nil {
		return nil, err
	}
	in.takeEnviron(environ)
	in.sortVariables()
	return in, nil
}

// read reads config files; resolve puts into one what it refers to.
func read(files []File, resolve func(*inputFile) error) (*Input, error) {
	in := &Input{values: &document.Node{Shape: document.Map}}
	for _, f := range files {
		root, err := f.parse()
		own := inputFile{name: f.Name, root: root}
		if err == nil {
			err = resolve(&own)
		}
		if err != nil {
			return nil, err
		}
		in.files = append(in.files, own)
		in.values = overlay(in.values, own.root)
	}
	return in, nil
}

// takeEnviron takes the variables of the process.
func (in *Input) takeEnviron(environ []string) {
	for _, v := range environ {
		name, text, _ := strings.Cut(v, "=")
		if strings.HasSuffix(strings.ToLower(name), "_proxy") {
			in.proxies = append(in.proxies, secret.UserInfo(strings.ToLower(name), text)...)
		}
		in.takeVariable(name, text, "")
	}
}

// takeVariable takes a variable that is a setting by its name; file is the .env file that
// it stands in, "" for the process.
func (in *Input) takeVariable(name, text, file string) {
	if isSettingVariable(name) {
		in.env = append(in.env, envVar{name, strings.ToLower(name[len(settings.EnvPrefix):]), text, file})
	}
}

// sortVariables sorts the variables by what they name: those of the process come before
// those of files.
func (in *Input) sortVariables() {
	slices.SortStableFunc(in.env, func(a, b envVar) int { return strings.Compare(a.path, b.path) })
}

// Configure checks what the user gave against the definition. Its error is
// [settings.Problems].
func (in *Input) Configure(d *sources.Definition) (*sources.Config, error) {
	d.Complete()
	g := sources.Given{Proxies: in.proxies}
	values, origins := in.resolve(d.Settings, func(format string, args ...any) {
		g.Warnings = append(g.Warnings, fmt.Sprintf(format, args...))
	})
	var problems document.Problems
	g.Run, problems = definition.ReadRun(values.Get("run"))
	for _, p := range problems {
		pointer := "/" + strings.ReplaceAll(p.Place, ".", "/")
		g.Problems = append(g.Problems, settings.Problem{File: origins.of(pointer), Pointer: pointer, Msg: p.Msg})
	}
	g.Settings, g.Origin = withoutNulls(values.Without("source", "run")), origins.of
	return d.Configure(g)
}

// resolve returns what files and environment say together, now that the
// settings tell what the variables mean.
func (in *Input) resolve(s *settings.Settings, warn func(format string, args ...any)) (*document.Node, origins) {
	o := origins{in.files, map[string]string{}}
	values := in.values
	for _, v := range in.named(s, warn) {
		o.env[v.pointer] = v.origin
		values = overlay(values, nest(v.steps, v.value))
	}
	return rooted(values, nil, ""), o
}

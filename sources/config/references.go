package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/pattern"
	"github.com/tap-rest/tap-rest/sources/settings"
)

// MaxReferred is how large a file may be that a config refers to, in bytes.
const MaxReferred = 1 << 20

// Around is what lies around config files: variables and files that they refer to.
type Around struct {
	Environ []string // the process's ("NAME=value"), all of them
	DotEnv  []File   // .env files, of which later ones win; the process's variables win over them
	Open    func(name string) ([]byte, error)
}

// Read is [Read] of config files that may refer to variables and files: ${NAME} in a text
// stands for a variable, and a text file:PATH for what a file holds, which is looked for
// beside the config. $${ is a plain ${. In "source" there are no references. TAP_REST_…
// variables of .env files are settings, as those in environ are, which win over them.
func (a Around) Read(files []File, environ []string) (*Input, error) {
	own, err := a.variables()
	if err != nil {
		return nil, err
	}
	in, err := read(files, func(f *inputFile) error {
		r := references{around: a, variables: own, file: f.name, found: map[string][]string{}}
		f.root, f.refers = r.within(f.root, ""), r.found
		return errors.Join(r.missing...)
	})
	if err != nil {
		return nil, err
	}
	in.takeEnviron(environ)
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if v := own[name]; v.file != "" {
			in.takeVariable(v.name, v.value, v.file)
		}
	}
	in.sortVariables()
	return in, nil
}

// variables returns those of the process and of .env files by their names. A file of "" is
// the process.
func (a Around) variables() (map[string]dotVar, error) {
	all := map[string]dotVar{}
	for _, f := range a.DotEnv {
		vars, err := f.dotEnv()
		if err != nil {
			return nil, err
		}
		for _, v := range vars {
			all[v.name] = v
		}
	}
	for _, v := range a.Environ {
		name, value, _ := strings.Cut(v, "=")
		all[name] = dotVar{name, value, ""}
	}
	return all, nil
}

// references puts what is referred to into the tree of a config.
type references struct {
	around    Around
	variables map[string]dotVar
	file      string
	found     map[string][]string // what is referred to, by the JSON pointer of the text
	missing   []error
}

// within returns a node with what it refers to; pointer is where it stands.
func (r *references) within(n *document.Node, pointer string) *document.Node {
	c := *n
	c.Items, c.Fields = nil, nil
	for i, item := range n.Items {
		c.Items = append(c.Items, r.within(item, fmt.Sprintf("%s/%d", pointer, i)))
	}
	for _, m := range n.Fields {
		if pointer != "" || m.Name != "source" {
			m.Value = r.within(m.Value, pointer+raw.Step(m.Name))
		}
		c.Fields = append(c.Fields, m)
	}
	if c.Shape == document.Text {
		c.Text = r.text(c.Text, pointer)
	}
	return &c
}

// reference matches ${NAME}, and $${, which is none.
var reference = pattern.New(`\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

func (r *references) text(text, pointer string) string {
	if name, found := strings.CutPrefix(text, "file:"); found && !strings.HasPrefix(name, "//") {
		r.found[pointer] = append(r.found[pointer], text)
		content, err := r.content(name)
		if err != nil {
			r.miss(pointer, "the file %s cannot be read: %w", document.Clip(name), err)
		}
		return content
	}
	return reference().ReplaceAllStringFunc(text, func(found string) string {
		if found == "$${" {
			return "${"
		}
		name := found[2 : len(found)-1]
		v, there := r.variables[name]
		if !there {
			r.miss(pointer, "the variable %s is not set: set it, or write $%s where that is plain text", name, found)
		}
		if v.file != "" {
			found += " of " + v.file
		}
		r.found[pointer] = append(r.found[pointer], found)
		return v.value
	})
}

func (r *references) miss(pointer, format string, args ...any) {
	r.missing = append(r.missing, fmt.Errorf("config %s: %s: "+format, append([]any{r.file, pointer}, args...)...))
}

// content returns what a file holds, without the newline at its end.
func (r *references) content(name string) (string, error) {
	if !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(r.file), name)
	}
	data, err := r.around.Open(name)
	var path *fs.PathError
	switch {
	case errors.As(err, &path):
		return "", path.Err // the name is said already
	case err != nil:
		return "", err
	case len(data) > MaxReferred:
		return "", fmt.Errorf("it is larger than %d MiB", MaxReferred>>20)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		return "", errors.New("it is not text in UTF-8")
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return "", errors.New("it has no text")
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), nil
}

// isSettingVariable reports whether a variable is a setting by its name.
func isSettingVariable(name string) bool {
	return len(name) > len(settings.EnvPrefix) && strings.EqualFold(name[:len(settings.EnvPrefix)], settings.EnvPrefix)
}

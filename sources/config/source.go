package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/builtin"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/fetch/decode"
	"github.com/tap-rest/tap-rest/sources/nearest"
	"github.com/tap-rest/tap-rest/sources/settings"
)

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
		return nil, fmt.Errorf(`config: %w: the name of a definition (built in: %s), its file, or the definition itself%s`, ErrNoSource, strings.Join(builtin.Names(), ", "), in.meant("source"))
	case source.Shape == document.Map:
		return Parse(cmp.Or(file, settings.EnvPrefix+"SOURCE"), source.AppendJSON(nil, false))
	case source.Shape == document.Text && (strings.ContainsRune(source.Text, '\n') || strings.HasPrefix(source.Text, "{")):
		return Parse(cmp.Or(file, settings.EnvPrefix+"SOURCE"), []byte(source.Text))
	case source.Shape != document.Text || source.Text == "":
		return nil, fmt.Errorf(`config: "source" wants a name, a file or a definition, not %s`, source.Shape)
	}
	return loadBeside(source.Text, file)
}

// DefinitionOr returns the definition that config or environment name, else the one in
// the file baked, if there is one.
func (in *Input) DefinitionOr(baked string) (*sources.Definition, error) {
	d, err := in.Definition()
	if !errors.Is(err, ErrNoSource) {
		return d, err
	}
	d, bakedErr := Load(baked)
	if errors.Is(bakedErr, fs.ErrNotExist) {
		return nil, err
	}
	return d, bakedErr
}

// meant says which key of the config stands in the place of one that is missing; "":
// none does.
func (in *Input) meant(missing string) string {
	var keys []string
	for _, m := range in.values.Members() {
		if m.Name != missing { // it is null
			keys = append(keys, m.Name)
		}
	}
	near := nearest.Name(missing, keys)
	if near == "" {
		return ""
	}
	return fmt.Sprintf("; the config has %q: did you mean %q?", near, missing)
}

// Parse reads the text of a definition, in whatever format it is. File names it
// in messages; schema files are looked for beside it. The error is
// [document.Problems]: all of them. What this build cannot read is one.
func Parse(file string, data []byte) (*sources.Definition, error) {
	d, err := definition.Parse(file, data)
	if err != nil {
		return nil, err
	}
	if problems := decode.Check(d); len(problems) > 0 {
		return nil, problems.Sorted()
	}
	return d, nil
}

// Load reads the definition of that built-in name or in that file. The error is
// [document.Problems] where the file could be read.
func Load(name string) (*sources.Definition, error) {
	if data, found := builtin.Text(name); found {
		return Parse(name+".yaml", data)
	}
	data, err := document.ReadFile(name, document.MaxFile)
	if err != nil {
		return nil, fmt.Errorf("read definition: %w", err)
	}
	return Parse(name, data)
}

// BuiltIn returns the names of the definitions that come with the program.
func BuiltIn() []string { return builtin.Names() }

// BuiltInText returns the text of one of them.
func BuiltInText(name string) (text []byte, found bool) { return builtin.Text(name) }

// loadBeside loads a definition by its name or its file.
func loadBeside(source, config string) (*sources.Definition, error) {
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

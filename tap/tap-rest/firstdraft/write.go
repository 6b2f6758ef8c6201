package firstdraft

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/call"
	"github.com/tap-rest/tap-rest/sources/draft/probe"
	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tap-rest/console"
	"github.com/tap-rest/tap-rest/tap/tap-rest/preview"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// output is where a definition goes, and the config that goes with it.
type output struct {
	rt   *program.Runtime
	ask  *asker
	yes  bool
	file string // "": stdout, or asked for once the name is known
	pipe bool   // stdout takes the definition
}

// prepare says where the definition will go, before anything is asked of the API.
func (c *Cmd) prepare(rt *program.Runtime) (*output, error) {
	out := &output{rt: rt, ask: newAsker(rt, c.Yes), yes: c.Yes, file: c.Output}
	out.pipe = c.Output == "-" || c.Output == "" && !console.IsTerminal(rt.Stdout)
	if out.pipe {
		out.file = ""
		return out, nil
	}
	if out.file == "" {
		return out, nil
	}
	if strings.HasSuffix(out.file, ".json") {
		return nil, fmt.Errorf("init: -o %s: the definition is YAML, and the config of that name is JSON: say -o %s", out.file, strings.TrimSuffix(out.file, ".json")+".yaml")
	}
	return out, out.mayReplace(out.file)
}

// where asks where a definition of that name goes, unless that is known.
func (o *output) where(name string) error {
	if o.file != "" || o.pipe {
		return nil
	}
	file := o.ask.text(workdir.Name(name)+".yaml", "Where does the definition go?")
	if err := o.mayReplace(file); err != nil {
		return &tap.InputError{Err: err}
	}
	o.file = file
	return nil
}

// mayReplace asks whether a file that is there may be replaced.
func (o *output) mayReplace(file string) error {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		folder := filepath.Dir(file)
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("init: %s: there is no folder %s, and nothing was asked of the API: make the folder, or name a file in another one", file, folder)
		}
		return nil
	case err != nil:
		return fmt.Errorf("init: %w", err)
	case info.IsDir():
		return fmt.Errorf("init: -o %s is a folder: name a file in it", file)
	case o.yes, o.ask.yes(false, file+" is there already. Replace it?"):
		return nil
	}
	return fmt.Errorf("init: %s is there already, and nothing was written: --yes replaces it, -o names another file", file)
}

// configFile is the name of the config beside a definition.
func configFile(file string) string {
	return strings.TrimSuffix(strings.TrimSuffix(file, ".yaml"), ".yml") + ".config.json"
}

// write checks the definition, writes it and says what to do next.
func (o *output) write(d *draft.Definition, in *survey) error {
	text := d.AppendYAML(nil)
	if name, found := standsIn(text, in.settings); found {
		return fmt.Errorf("init: the definition would show the secret setting %s, and is not written: an answer of the API repeats it", name)
	}
	name, _ := d.Root.Get("name").(string)
	if err := o.where(name); err != nil {
		return err
	}
	loaded, err := config.Parse(o.shownFile(), text)
	if err != nil {
		return fmt.Errorf("init: what was written is no definition, which is a mistake of tap-rest: %w", err)
	}
	if err := o.writeDefinition(text); err != nil {
		return err
	}
	for _, warning := range append(loaded.Warnings, loaded.SchemaWarnings()...) {
		o.rt.Console.Log().Warn(warning.Error())
	}
	failed := o.preview(loaded, in)
	if failed != nil && in.stop.Err() != nil {
		return failed
	}
	if n := d.Questions(); n > 0 {
		o.rt.Console.Say("%s leaves %s open, each a comment with the likely line below: take the # away where that is right.", o.shownFile(), report.Numbered(int64(n), "%s question[|s]"))
	}
	if err := o.next(in); err != nil {
		return err
	}
	return failed // the definition is there all the same, and can be mended
}

func (o *output) shownFile() string {
	if o.file == "" {
		return "definition"
	}
	return o.file
}

func (o *output) writeDefinition(text []byte) error {
	var err error
	if o.pipe {
		_, err = o.rt.Stdout.Write(text)
	} else {
		err = os.WriteFile(o.file, text, 0o666)
		if err == nil { // the first line of the definition names it
			err = os.WriteFile(filepath.Join(filepath.Dir(o.file), draft.SchemaFile), definition.JSONSchema(), 0o666)
		}
	}
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	return nil
}

// standsIn reports whether a secret of the source stands in a text, however it is spelled.
func standsIn(text []byte, settings []call.Setting) (name string, found bool) {
	for _, s := range settings {
		if hider := secret.NewHider(secret.List{secret.New(s.Name, s.Value)}); s.Secret && hider.InBody(text) {
			return s.Name, true
		}
	}
	return "", false
}

// preview shows what a run would read first.
func (o *output) preview(d *sources.Definition, in *survey) error {
	if in.tape == nil {
		return nil
	}
	dir, err := os.MkdirTemp("", "tap-rest-init-")
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	defer os.RemoveAll(dir)
	options := o.rt.OptionsIn(dir)
	options.Definition, options.Transport = d, in.tape
	if options.Config, err = in.configure(d); err != nil {
		return err
	}
	o.rt.Console.Hide(options.Config.Hider)
	most := previewed // of the first page
	if in.first > 0 { // calls are left for the second
		most = in.first + 1
	}
	look, err := tap.Preview(in.stop, options, d.Names()[0], most)
	if err != nil && !errors.Is(err, probe.ErrNotRecorded) {
		return o.rt.Printed(err)
	}
	if err != nil {
		look.End = "no more calls may be made, so the preview ends here; tap-rest preview asks for more"
	}
	return o.showLook(look, in.tape.Calls())
}

// configure makes the config of the values that the source has.
func (in *survey) configure(d *sources.Definition) (*sources.Config, error) {
	given, err := configText("", in.settings, true)
	if err != nil {
		return nil, err
	}
	input, err := config.Read([]config.File{{Name: "init", Data: given}}, nil)
	if err != nil {
		return nil, err
	}
	return input.Configure(d)
}

// showLook prints the first records, and the requests that brought them.
func (o *output) showLook(look tap.Look, calls int) error {
	var table bytes.Buffer
	if err := preview.FirstRecords(&table, look, previewed); err != nil {
		return err
	}
	for _, r := range look.Requests {
		fmt.Fprintf(&table, "%s: %s: answered %d with %s\n", r.Stream, r.Request, r.Status, report.Numbered(int64(r.Records), "%s record[|s]"))
	}
	fmt.Fprintf(&table, "%s\n%s in all.", look.End, report.Numbered(int64(calls), "%s call[|s]"))
	for line := range strings.Lines(table.String()) {
		o.rt.Console.Say("%s", strings.TrimRight(line, "\n"))
	}
	return nil
}

// previewed is how many records init shows.
const previewed = 5

// next writes the config, and says what to do.
func (o *output) next(in *survey) error {
	if o.pipe {
		o.tellSettings(in.settings, "config.json", "FILE")
		return nil
	}
	name := configFile(o.file)
	keep := o.yes
	if secrets := secretNames(in.settings); len(secrets) > 0 && !keep {
		keep = o.ask.yes(true, fmt.Sprintf("Put %s into %s, which only you can read?", strings.Join(secrets, ", "), name))
	}
	if o.mayReplace(name) != nil {
		keep = false
		o.rt.Console.Say("%s is there already, and stays as it is.", name)
	} else if err := writeConfig(name, filepath.Base(o.file), in.settings, keep); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	o.rt.Console.Say("\n%s is the definition, %s its config, and %s is for editors. Next:", o.file, name, draft.SchemaFile)
	if !keep {
		o.exports(in.settings)
	}
	o.rt.Console.Say("  tap-rest lint %s", o.file)
	o.rt.Console.Say("  tap-rest --config %s >out.jsonl", name)
	return nil
}

func secretNames(settings []call.Setting) (names []string) {
	for _, s := range settings {
		if s.Secret {
			names = append(names, s.Name)
		}
	}
	return names
}

// exports says in which variables secrets are given.
func (o *output) exports(settings []call.Setting) {
	for _, name := range secretNames(settings) {
		o.rt.Console.Say("  export TAP_REST_%s=…", strings.ToUpper(name))
	}
}

// tellSettings says what a config of the definition has.
func (o *output) tellSettings(settings []call.Setting, config, definition string) {
	o.rt.Console.Say("\nSave the definition as %s, and as %s:", definition, config)
	text, err := configText(definition, settings, false)
	if err == nil {
		o.rt.Console.Say("  %s", bytes.TrimSpace(text))
	}
	o.rt.Console.Say("Then:")
	o.exports(settings)
	o.rt.Console.Say("  tap-rest --config %s >out.jsonl", config)
}

// writeConfig writes the config, which only its owner can read: secrets may be put into
// it later, too.
func writeConfig(name, definition string, settings []call.Setting, secrets bool) error {
	text, err := configText(definition, settings, secrets)
	if err != nil {
		return err
	}
	return workdir.Replace(name, text)
}

// configText is the config in JSON, with the values that the source has.
func configText(definition string, settings []call.Setting, secrets bool) ([]byte, error) {
	var members []string
	if definition != "" {
		members = append(members, `"source": `+string(raw.Quote(definition)))
	}
	for _, s := range settings {
		if !s.Secret || secrets {
			members = append(members, string(raw.Quote(s.Name))+": "+string(raw.Quote(s.Value)))
		}
	}
	text := []byte("{" + strings.Join(members, ", ") + "}\n")
	if !json.Valid(text) {
		return nil, errors.New("the config cannot be written as JSON")
	}
	return text, nil
}

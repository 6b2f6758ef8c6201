package inputs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// largest is how large a config, catalog or state may be, in bytes.
const largest = 256 << 20

// ReadStdin reads what stands on stdin, for the file that - names.
func ReadStdin() ([]byte, error) { return io.ReadAll(io.LimitReader(os.Stdin, largest)) }

// ReadFile reads the file that a flag names, without the byte order mark that
// editors of Windows put before it.
func ReadFile(flag, name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, largest+1))
	if err == nil && len(data) > largest {
		err = fmt.Errorf("%s is larger than %d MiB", name, largest>>20)
	}
	if err == nil && (bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff"))) {
		err = fmt.Errorf("%s is UTF-16, as Windows PowerShell writes files: save it as UTF-8", name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), nil
}

// ErrNone is what a run without any input is told.
var ErrNone = errors.New(`nothing says what to read: give --config FILE with "source" in it, or set TAP_REST_SOURCE
tap-rest demo reads a sample API and needs no file; tap-rest --help says more`)

// RunFlags are the files that a run reads, as all Singer taps name them.
type RunFlags struct {
	ChoiceFlags
	State string `placeholder:"FILE" help:"Where the last run came to: the value of its last STATE line. With a target behind --, what it confirms is written there."`
}

// ChoiceFlags say what is read, and how.
type ChoiceFlags struct {
	Config     []string `placeholder:"FILE" sep:"none" help:"Settings: JSON, or YAML or TOML by its name. Later files win, variables TAP_REST_… over all; ENV instead of a file: they alone."`
	Literal    bool     `kong:"-"` // no text of a config refers to anything
	Catalog    string   `placeholder:"FILE" xor:"catalog" help:"Which streams and fields to read. Without it: all of them."`
	Properties string   `placeholder:"FILE" xor:"catalog" help:"The same, under its old name."`
	Select     []string `placeholder:"A,B.C,!D" xor:"catalog" help:"The same without a catalog: names, * in them, ! before what is left out. Keys stay."`
}

// Options reads the inputs of a run. Its error is a *tap.InputError, or that of asking
// for the fields of selected streams.
func (in *RunFlags) Options(rt *program.Runtime, fields FieldsFrom) (tap.Options, error) {
	o, err := in.Settings(rt)
	if err == nil {
		err = in.readCatalog(&o)
	}
	if err == nil {
		err = in.readState(&o, rt.Target != nil)
	}
	if err != nil {
		return o, &tap.InputError{Err: err}
	}
	return o, in.choose(rt, &o, fields)
}

// Settings reads the definition and the settings of a run. Its error is [ErrNone] where
// nothing names a definition; the options are then those of a run without inputs.
func (in *ChoiceFlags) Settings(rt *program.Runtime) (tap.Options, error) {
	o, err := in.SettingsFor(rt, Definition)
	if errors.Is(err, config.ErrNoSource) && len(in.Config) == 0 {
		err = ErrNone
	}
	return o, err
}

// SettingsFor reads the settings of a run that has its definition from elsewhere.
func (in *ChoiceFlags) SettingsFor(rt *program.Runtime, definition func(*config.Input) (*sources.Definition, error)) (tap.Options, error) {
	o, err := rt.Options()
	if err != nil {
		return o, err
	}
	input, err := in.Read()
	if err == nil {
		o.Definition, err = definition(input)
	}
	if err == nil {
		err = Configure(rt, input, &o)
	}
	return o, err
}

// BakedSource is where an image that is made for one API has its definition.
const BakedSource = "/etc/tap-rest/source.yaml"

// Definition returns the definition that config or environment name, else the one that is
// baked in.
func Definition(input *config.Input) (*sources.Definition, error) {
	return input.DefinitionOr(BakedSource)
}

// Read reads the config files and the environment.
func (in *ChoiceFlags) Read() (*config.Input, error) {
	var files []config.File
	for _, name := range in.Config {
		if name == "ENV" {
			continue // the Singer SDK's way to say: the environment alone
		}
		data, err := ReadFile("--config", name)
		if err != nil {
			return nil, err
		}
		files = append(files, config.File{Name: name, Data: data})
	}
	if in.Literal {
		return config.Read(files, settingsEnv())
	}
	around, err := surroundings(files)
	if err != nil {
		return nil, err
	}
	return around.Read(files, settingsEnv())
}

// surroundings are what config files may refer to: variables, those of .env files beside
// them too, and files.
func surroundings(files []config.File) (config.Around, error) {
	around := config.Around{Environ: os.Environ(), Open: func(name string) ([]byte, error) { return document.ReadFile(name, config.MaxReferred) }}
	for _, f := range files {
		name := filepath.Join(filepath.Dir(f.Name), ".env")
		known := slices.ContainsFunc(around.DotEnv, func(have config.File) bool { return have.Name == name })
		if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() || known {
			continue
		}
		data, err := ReadFile("beside --config", name)
		if err != nil {
			return around, err
		}
		around.DotEnv = append(around.DotEnv, config.File{Name: name, Data: data})
	}
	return around, nil
}

// flagEnv are the variables of all flags: they are no settings.
var flagEnv = []string{"TAP_REST_LOG_FORMAT", "TAP_REST_LOG_LEVEL", "TAP_REST_PROGRESS", "TAP_REST_METRICS_FILE"}

// settingsEnv is the environment without the variables that are no settings:
// those of flags, and those that Meltano sets for its own part of a plugin, as
// TAP_REST__SELECT.
func settingsEnv() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(flagEnv, name) || strings.HasPrefix(name, "TAP_REST__")
	})
}

// Configure checks the settings of a run against its definition.
func Configure(rt *program.Runtime, input *config.Input, o *tap.Options) error {
	var err error
	if o.Config, err = input.Configure(o.Definition); err != nil {
		return err
	}
	program.BoundMemory(o.Config.Run.Memory)
	rt.Console.Hide(o.Config.Hider)
	for _, warning := range o.Definition.Warnings {
		o.Log.Warn(warning.Error())
	}
	for _, warning := range o.Config.Warnings {
		o.Log.Warn(warning)
	}
	return nil
}

func (in *RunFlags) readCatalog(o *tap.Options) error {
	name, flag := in.Catalog, "--catalog"
	if in.Properties != "" {
		name, flag = in.Properties, "--properties"
	}
	if name == "" {
		return nil
	}
	data, err := ReadFile(flag, name)
	if err != nil {
		return err
	}
	o.CatalogFile = name
	if o.Catalog, err = catalog.ParseSinger(name, data); err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	o.Catalog.Digest = hex.EncodeToString(sum[:8])
	return nil
}

// readState reads the state. Where a target is to confirm the ones to come, the file
// need not be there yet.
func (in *RunFlags) readState(o *tap.Options, later bool) error {
	if in.State == "" {
		return nil
	}
	o.StateFile = in.State
	data, err := ReadFile("--state", in.State)
	if later && errors.Is(err, fs.ErrNotExist) {
		o.Log.Info("the state file is not there yet: the run begins without a state, and the file will have what the target confirms", "state_file", in.State)
		return nil
	}
	if err != nil {
		return err
	}
	o.State, err = state.ParseSinger(in.State, data)
	return err
}

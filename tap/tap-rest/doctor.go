package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	goruntime "runtime"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/doctor"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tap-rest/inputs"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// doctorCmd looks at what a run depends on.
type doctorCmd struct {
	Config []string `placeholder:"FILE" sep:"none" help:"Settings, as of a run. With it the API is asked for its clock, by one HEAD request."`
	Format string   `enum:"text,json" default:"text" help:"How it is written: text or json."`
}

// Help stands in the command's help.
func (c *doctorCmd) Help() string {
	return `It looks at the program itself, the folders that it writes to, limits of the process,
proxies and certificates, and at the settings, if there are some: what holds, and which
file, variable or default it came from. Secrets are masked. With --config, and only then,
a HEAD request goes to base_url, without credentials, and that is said before.

Exit codes: 0, or 1 where something is found that runs fail by.`
}

// examined is what the doctor says.
type examined struct {
	Program  programInfo      `json:"program"`
	Findings []doctor.Finding `json:"findings"`
	Settings []config.Told    `json:"settings"`
}

// programInfo is what the program says of itself.
type programInfo struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
	System  string `json:"system"`
	CPUs    int    `json:"cpus"`
	Path    string `json:"path"`
}

// errUnwell is what the doctor ends with where runs would fail.
var errUnwell = errors.New("runs fail by what is found: the lines that begin with failure say what it is")

// Run looks, and prints what it found.
func (c *doctorCmd) Run(rt *program.Runtime) error {
	e := examined{Program: thisProgram(rt.Version), Settings: []config.Told{}}
	run := sources.DefaultRun()
	if o, input, err := c.options(rt); err != nil {
		e.Findings = append(e.Findings, doctor.Finding{Check: "config", Level: doctor.Failure, Text: rt.Console.Redact(err.Error())})
	} else if input != nil {
		run = o.Config.Run
		e.Settings = toldMasked(rt, input.Tell(o.Definition, o.Config))
		e.Findings = append(e.Findings, ofDefinition(o.Definition), c.clock(rt, o))
	} else {
		e.Findings = append(e.Findings, doctor.Finding{Check: "config", Level: doctor.OK, Text: "none is given: settings and clock are not looked at"})
	}
	e.Findings = append(e.Findings, folders(run)...)
	e.Findings = append(append(e.Findings, doctor.Limits()...), doctor.Network(os.Getenv)...)
	if err := e.print(rt, c.Format); err != nil {
		return err
	}
	if doctor.Failed(e.Findings) {
		return errUnwell
	}
	return nil
}

// options reads the settings; input is nil where none are given.
func (c *doctorCmd) options(rt *program.Runtime) (o tap.Options, input *config.Input, err error) {
	in := &inputs.ChoiceFlags{Config: c.Config}
	if input, err = in.Read(); err != nil {
		return o, nil, err
	}
	if o, err = rt.Options(); err == nil {
		o.Definition, err = inputs.Definition(input)
	}
	if errors.Is(err, config.ErrNoSource) && len(c.Config) == 0 {
		return o, nil, nil
	}
	if err == nil {
		err = inputs.Configure(rt, input, &o)
	}
	return o, input, err
}

func thisProgram(version string) programInfo {
	p := programInfo{Version: version, Commit: commitOf(), Go: goruntime.Version(), System: goruntime.GOOS + "/" + goruntime.GOARCH, CPUs: goruntime.GOMAXPROCS(0)}
	p.Path, _ = os.Executable() // it is for people alone
	return p
}

func ofDefinition(d *sources.Definition) doctor.Finding {
	return doctor.Finding{Check: "definition", Level: doctor.OK, Text: fmt.Sprintf("%s (%s), %s", d.Name, d.File, report.Numbered(int64(len(d.Names())), "%s stream[|s]"))}
}

// toldMasked returns the keys with what is secret in their texts masked, too, as the
// password in a URL.
func toldMasked(rt *program.Runtime, all []config.Told) []config.Told {
	for i := range all {
		all[i].Value = rt.Console.Redact(all[i].Value)
	}
	return all
}

// folders are those that runs write to.
func folders(run sources.Run) []doctor.Finding {
	dir, err := workdir.Default()
	if err != nil {
		return []doctor.Finding{{Check: "work folder", Level: doctor.Failure, Text: err.Error()}}
	}
	all := []doctor.Finding{doctor.Folder("work folder", dir, true)}
	switch {
	case run.Journal.Off:
		all = append(all, doctor.Finding{Check: "journal", Level: doctor.Warning, Text: "it is switched off (run.journal.off): a run that is cut asks again for what it had not written"})
	case run.Journal.Dir != "":
		all = append(all, doctor.Folder("journal", run.Journal.Dir, true))
	default:
		all = append(all, doctor.Folder("journal", filepath.Join(dir, "journal"), true))
	}
	return append(all, doctor.Folder("temporary files", os.TempDir(), false))
}

// clockPatience is how long an API may take to say what time it is.
const clockPatience = 10 * time.Second

// clock compares the API's clock with ours.
func (c *doctorCmd) clock(rt *program.Runtime, o tap.Options) doctor.Finding {
	vars := make(expr.Vars, sources.VarCount)
	vars[sources.VarConfig] = o.Config.Values
	address, err := o.Definition.Streams[0].Client.BaseURL.Text(vars)
	switch {
	case len(c.Config) == 0:
		return doctor.Finding{Check: "clock", Level: doctor.OK, Text: "the API is asked with --config alone (--config ENV: variables are all of it)"}
	case err != nil || address == "":
		return doctor.Finding{Check: "clock", Level: doctor.OK, Text: "base_url is known with a request alone: the API is not asked"}
	}
	rt.Console.Say("doctor asks once: HEAD %s", rt.Console.Redact(address))
	client := &http.Client{Timeout: clockPatience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	f := doctor.Clock(rt.Stop, client, address)
	f.Text = rt.Console.Redact(f.Text)
	return f
}

func (e *examined) print(rt *program.Runtime, format string) error {
	if format == "json" {
		out := json.NewEncoder(rt.Stdout)
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		return out.Encode(e)
	}
	p := e.Program
	commit := ""
	if p.Commit != "" {
		commit = ", commit " + p.Commit
	}
	if _, err := fmt.Fprintf(rt.Stdout, "tap-rest %s%s, %s, %s, %s\n\n", p.Version, commit, p.Go, p.System, report.Numbered(int64(p.CPUs), "%s CPU[|s]")); err != nil {
		return err
	}
	rows := [][]string{}
	for _, f := range e.Findings {
		rows = append(rows, []string{string(f.Level), f.Check, f.Text})
	}
	if err := report.WriteTable(rt.Stdout, 3, rows); err != nil || len(e.Settings) == 0 {
		return err
	}
	if _, err := fmt.Fprintln(rt.Stdout); err != nil {
		return err
	}
	rows = [][]string{{"key", "value", "from"}}
	for _, s := range e.Settings {
		rows = append(rows, []string{s.Key, s.Value, s.From})
	}
	return report.WriteTable(rt.Stdout, 3, rows)
}

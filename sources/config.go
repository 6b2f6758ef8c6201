package sources

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/xeipuuv/gojsonschema"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// Config is what a user gives for a run, checked against its definition.
type Config struct {
	Values   expr.Value    // what templates see as config: an object, defaults filled in
	Secrets  secret.List   // the values of all secret settings
	Hider    *secret.Hider // which takes them, and what comes of them, out of texts
	Run      Run
	Warnings []string // what was given and is not used
	public   []byte   // the settings without secrets, canonical JSON
}

// Run holds the options of a run: the reserved key "run" of the config.
type Run struct {
	Flush       Flush
	Concurrency int   // partitions walked at a time
	Memory      int64 // bytes of pages held, at most
	Spool       int64 // bytes of pages that wait in the journal, at most
	Journal     Journal
	MaxDuration time.Duration // 0: no limit; likewise below
	MaxRequests int64
	MaxRecords  int64
}

// Journal says where exchanges are kept on disk, and for how long.
type Journal struct {
	Dir      string // "": the user's state folder
	MaxAge   time.Duration
	MaxBytes int64
	Off      bool
	Identity string // what stands in for the secrets in its name; "": nothing
}

// Flush says when collected records leave: at the first condition met; 0
// switches one off.
type Flush struct {
	Responses int
	Interval  time.Duration
	Bytes     int64
}

// DefaultRun returns the options of a run where the config says nothing.
func DefaultRun() Run {
	return Run{
		Flush:       Flush{Responses: 10, Interval: time.Minute, Bytes: 1_000_000},
		Concurrency: 4,
		Memory:      32 << 20,
		Spool:       1 << 30,
		Journal:     Journal{MaxAge: 24 * time.Hour, MaxBytes: 4 << 30},
	}
}

// ConfigProblem is one thing wrong with what a user gave. It holds no value
// that may be a secret.
type ConfigProblem struct {
	File    string // or the environment variable
	Pointer string // JSON pointer to the key
	Msg     string
}

// Error returns the problem on one line: file: pointer: message.
func (p ConfigProblem) Error() string {
	if p.Pointer == "" || p.Pointer == "/" {
		return p.File + ": " + p.Msg
	}
	return p.File + ": " + p.Pointer + ": " + p.Msg
}

// ConfigProblems are all problems of a config. It is never empty as an error.
type ConfigProblems []ConfigProblem

// Error returns the problems, one on a line.
func (p ConfigProblems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// Given is what a user gives for a run, before a definition says what of it is
// right.
type Given struct {
	Settings *document.Node              // an object, without the reserved keys
	Run      Run                         // the zero Run is [DefaultRun]
	Origin   func(pointer string) string // the file or the variable that gave a setting; nil: "config"
	Proxies  secret.List                 // the passwords in the URLs of proxies
	Problems ConfigProblems              // what was found wrong before
	Warnings []string
}

// Configure checks what the user gave against the definition. Its error is
// [ConfigProblems].
func (d *Definition) Configure(g Given) (*Config, error) {
	s := d.Settings
	if s == nil {
		s = NoSettings()
	}
	if g.Run == (Run{}) {
		g.Run = DefaultRun()
	}
	if g.Origin == nil {
		g.Origin = func(string) string { return "config" }
	}
	c := &Config{Run: g.Run, Warnings: g.Warnings}
	unknown := s.unknown(g.Settings, g.Origin)
	filled := s.fill(g.Settings, []*document.Node{s.root})
	public := s.split(filled, []*document.Node{s.root}, &c.Secrets)
	c.Hider = secret.NewHider(c.Secrets)
	c.Hider.LearnUsers(append(userInfos(filled), g.Proxies...))

	problems := append(s.check(filled, g.Origin), g.Problems...)
	if len(problems) > 0 {
		problems = append(problems, unknown...) // a misspelt one is why another is missing
		sort.SliceStable(problems, func(i, j int) bool { return problems[i].Pointer < problems[j].Pointer })
		for i := range problems {
			problems[i].Msg = c.Hider.Message(problems[i].Msg)
		}
		return nil, problems
	}
	for _, p := range unknown {
		c.Warnings = append(c.Warnings, p.Error()+" is not used")
	}
	c.Values = expr.JSONBytes(filled.AppendJSON(nil, false))
	if public != nil {
		c.public = public.AppendJSON(nil, true)
	}
	return c, nil
}

// unknown returns the keys that the definition does not declare.
// Orchestrators pass settings that are not ours, so alone these are no errors.
func (s *Settings) unknown(settings *document.Node, origin func(string) string) ConfigProblems {
	if s.root.Has("properties") && !s.Closed() {
		return nil
	}
	if extra := s.root.Get("additionalProperties"); extra != nil {
		return nil // the schema itself says
	}
	var all ConfigProblems
	for _, m := range settings.Fields {
		if !s.Declares(m.Name) {
			all = append(all, ConfigProblem{origin("/" + document.EscapePointer(m.Name)), "", document.Unknown("setting", m.Name, s.Names())})
		}
	}
	return all
}

// check returns what the JSON Schema of the settings refuses.
func (s *Settings) check(settings *document.Node, origin func(string) string) ConfigProblems {
	var problems ConfigProblems
	all, unjudged := s.compiled.Judge(settings.AppendJSON(nil, false))
	if v := unjudged; v != nil {
		return ConfigProblems{{origin(v.Pointer), v.Pointer, v.Rule + ": expected " + v.Want}}
	}
	for _, e := range all {
		pointer := ""
		for _, step := range stepsOf(e) {
			pointer += "/" + document.EscapePointer(step)
		}
		msg := describe(e) + schemeless(e)
		if name, ok := e.Details()["property"].(string); ok && e.Type() == "additional_property_not_allowed" {
			msg = document.Unknown("setting", name, s.Names())
		} else if ok && e.Type() == "required" {
			msg = fmt.Sprintf("%s is missing", name) + s.hint(name)
		}
		problems = append(problems, ConfigProblem{origin(pointer), pointer, msg})
	}
	return problems
}

// schemeless returns what to write where a URL has no scheme.
func schemeless(e gojsonschema.ResultError) string {
	text, isText := e.Value().(string)
	if format := e.Details()["format"]; format != "uri" || !isText || strings.Contains(text, "://") {
		return ""
	}
	return ": it has no scheme; write http:// or https:// before it"
}

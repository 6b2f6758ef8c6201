package sources

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/xeipuuv/gojsonschema"

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

// Configure checks what the user gave against the definition. Its error is
// [ConfigProblems].
func (d *Definition) Configure(in *Input) (*Config, error) {
	s := d.Settings
	c := &Config{}
	given, origins := in.resolve(s, c)
	settings := withoutNulls(without(given, reserved...))
	unknown := unknownSettings(s, settings, origins)
	filled := s.fill(settings, []*node{s.root})
	public := s.split(filled, []*node{s.root}, &c.Secrets)
	c.Hider = secret.NewHider(c.Secrets)
	c.Hider.LearnUsers(append(userInfos(filled), in.proxies...))

	problems := checkSettings(s, filled, origins)
	c.Run = DefaultRun()
	problems = append(problems, c.Run.read(given.get("run"), origins)...)
	if len(problems) > 0 {
		problems = append(problems, unknown...) // a misspelt one is why another is missing
		sort.SliceStable(problems, func(i, j int) bool { return problems[i].Pointer < problems[j].Pointer })
		for i := range problems {
			problems[i].Msg = c.Hider.Message(problems[i].Msg)
		}
		return nil, problems
	}
	for _, p := range unknown {
		c.warn("%s is not used", p.Error())
	}
	c.Values = expr.JSONBytes(filled.appendJSON(nil, false))
	if public != nil {
		c.public = public.appendJSON(nil, true)
	}
	return c, nil
}

// without returns the map without the keys.
func without(n *node, names ...string) *node {
	rest := *n
	rest.fields = nil
	for _, m := range n.fields {
		if !contains(names, m.name) {
			rest.fields = append(rest.fields, m)
		}
	}
	return &rest
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

// unknownSettings returns the keys that the definition does not declare.
// Orchestrators pass settings that are not ours, so alone these are no errors.
func unknownSettings(s *Settings, settings *node, origins origins) ConfigProblems {
	if s.root.has("properties") && !s.closed() {
		return nil
	}
	if extra := s.root.get("additionalProperties"); extra != nil {
		return nil // the schema itself says
	}
	var all ConfigProblems
	for _, m := range settings.fields {
		if !s.declares(m.name) {
			all = append(all, ConfigProblem{origins.of("/" + escapePointer(m.name)), "", unknown("setting", m.name, s.names())})
		}
	}
	return all
}

func (c *Config) warn(format string, args ...any) {
	c.Warnings = append(c.Warnings, fmt.Sprintf(format, args...))
}

// checkSettings returns what the JSON Schema of the settings refuses.
func checkSettings(s *Settings, settings *node, origins origins) ConfigProblems {
	var problems ConfigProblems
	all, unjudged := s.compiled.Judge(settings.appendJSON(nil, false))
	if v := unjudged; v != nil {
		return ConfigProblems{{origins.of(v.Pointer), v.Pointer, v.Rule + ": expected " + v.Want}}
	}
	for _, e := range all {
		pointer := ""
		for _, step := range stepsOf(e) {
			pointer += "/" + escapePointer(step)
		}
		msg := describe(e) + schemeless(e)
		if name, ok := e.Details()["property"].(string); ok && e.Type() == "additional_property_not_allowed" {
			msg = unknown("setting", name, s.names())
		} else if ok && e.Type() == "required" {
			msg = fmt.Sprintf("%s is missing", name) + s.hint(name)
		}
		problems = append(problems, ConfigProblem{origins.of(pointer), pointer, msg})
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

// hint returns how to give a missing setting.
func (s *Settings) hint(name string) string {
	if !s.declares(name) {
		return ""
	}
	return fmt.Sprintf("; give it in the config or as %s%s", envPrefix, envName(name))
}

// read sets the options that the config gives.
func (run *Run) read(n *node, origins origins) ConfigProblems {
	if n == nil {
		return nil
	}
	r := &reader{document: &document{}}
	n.read = r.object(n, key{name: "run", kind: aMap, of: runObject})
	if len(r.problems) > 0 {
		var problems ConfigProblems
		for _, p := range r.problems {
			pointer := "/" + strings.ReplaceAll(p.Place, ".", "/")
			problems = append(problems, ConfigProblem{origins.of(pointer), pointer, p.Msg})
		}
		return problems
	}
	flush := n.get("flush")
	run.Flush.Responses = int(valueOr(flush, "responses", int64(run.Flush.Responses)))
	run.Flush.Interval = valueOr(flush, "interval", run.Flush.Interval)
	run.Flush.Bytes = valueOr(flush, "bytes", run.Flush.Bytes)
	run.Concurrency = int(valueOr(n, "concurrency", int64(run.Concurrency)))
	run.Memory = valueOr(n, "memory", run.Memory)
	run.Spool = valueOr(n, "spool", run.Spool)
	journal := n.get("journal")
	run.Journal.Dir = value[string](journal, "dir")
	run.Journal.MaxAge = valueOr(journal, "max_age", run.Journal.MaxAge)
	run.Journal.MaxBytes = valueOr(journal, "max_bytes", run.Journal.MaxBytes)
	run.Journal.Off = value[bool](journal, "off")
	run.Journal.Identity = value[string](journal, "identity")
	run.MaxDuration = value[time.Duration](n, "max_duration")
	run.MaxRequests = value[int64](n, "max_requests")
	run.MaxRecords = value[int64](n, "max_records")
	return nil
}

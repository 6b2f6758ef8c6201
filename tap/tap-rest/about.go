package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/tap-rest/inputs"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// aboutFormat is how --about is written.
type aboutFormat string

// capabilities are those of Singer's that this tap has, in Meltano's words.
var capabilities = []string{"catalog", "discover", "properties", "state", "test", "about", "structured-logging"}

// product is what --about says.
type product struct {
	Name         string          `json:"name"`
	Description  string          `json:"description"`
	Version      string          `json:"version"`
	Capabilities []string        `json:"capabilities"`
	Settings     json.RawMessage `json:"settings"`
}

// about says what the tap is, and with a definition which settings it takes.
func (c *syncCmd) about(rt *program.Runtime) error {
	p := product{
		Name: "tap-rest", Description: "Reads any HTTP API out, completely, from a definition in one YAML file.",
		Version: rt.Version, Capabilities: capabilities, Settings: json.RawMessage(`{"type":"object","properties":{}}`),
	}
	input, err := c.Read()
	if err != nil {
		return &tap.InputError{Err: err}
	}
	d, err := inputs.Definition(input)
	switch {
	case errors.Is(err, config.ErrNoSource): // then it speaks of itself alone
	case err != nil:
		return &tap.InputError{Err: err}
	default:
		p.Settings = d.Settings.Shown()
		if d.Description != "" {
			p.Description = d.Description
		}
	}
	text, err := p.format(c.Format)
	if err != nil {
		return err
	}
	_, err = rt.Stdout.WriteString(text)
	return err
}

func (p *product) format(as aboutFormat) (string, error) {
	switch as {
	case "json":
		return indent(p)
	case "markdown":
		return p.markdown(), nil
	case "meltano":
		return p.meltano()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n%s\n\nCapabilities: %s\n", p.Name, p.Version, p.Description, strings.Join(p.Capabilities, ", "))
	for _, s := range p.settings() {
		fmt.Fprintf(&b, "  %-16s %-8s %s\n", s.name, s.kind, s.note())
	}
	return b.String(), nil
}

// setting is one setting, as people are told of it.
type setting struct {
	name, kind, title, description, fallback string
	required, secret                         bool
}

func (s *setting) note() string {
	var notes []string
	if s.required {
		notes = append(notes, "required")
	}
	if s.secret {
		notes = append(notes, "secret")
	}
	if s.fallback != "" {
		notes = append(notes, "default "+s.fallback)
	}
	if s.description != "" {
		notes = append(notes, s.description)
	}
	return strings.Join(notes, "; ")
}

// settings are those of the definition, in its order, after the two that every
// run takes.
func (p *product) settings() []setting {
	all := []setting{
		{name: "source", kind: "string", required: true, description: "the definition: a built-in one, a file, or the definition itself"},
		{name: "run", kind: "object", description: "how it is read: " + strings.Join(runKeys(), ", ")},
	}
	var required []string
	for _, r := range gjson.GetBytes(p.Settings, "required").Array() {
		required = append(required, r.String())
	}
	gjson.GetBytes(p.Settings, "properties").ForEach(func(key, v gjson.Result) bool {
		all = append(all, setting{
			name: key.String(), kind: v.Get("type").String(), title: v.Get("title").String(),
			description: v.Get("description").String(), fallback: v.Get("default").Raw,
			required: slices.Contains(required, key.String()),
			secret:   v.Get("secret").Bool() || v.Get("airbyte_secret").Bool() || v.Get("writeOnly").Bool(),
		})
		return true
	})
	return all
}

// runKeys are the keys of run.
func runKeys() (names []string) {
	for _, keys := range definition.RunKeys() {
		names = append(names, keys[0])
	}
	return slices.Compact(names)
}

func (p *product) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n## Capabilities\n\n", p.Name, p.Description)
	for _, c := range p.Capabilities {
		fmt.Fprintf(&b, "* `%s`\n", c)
	}
	b.WriteString("\n## Settings\n\n| Setting | Type | Required | Default | Description |\n|:--|:--|:--|:--|:--|\n")
	for _, s := range p.settings() {
		required := "no"
		if s.required {
			required = "yes"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", s.name, s.kind, required, s.fallback, s.description)
	}
	return b.String()
}

// meltano is the plugin's definition for a meltano.yml, in JSON, which YAML
// takes.
func (p *product) meltano() (string, error) {
	type plugin struct {
		Name         string           `json:"name"`
		Namespace    string           `json:"namespace"`
		Executable   string           `json:"executable"`
		Capabilities []string         `json:"capabilities"`
		Settings     []map[string]any `json:"settings"`
		Required     [][]string       `json:"settings_group_validation"` // sets of which one must be there
	}
	m := plugin{Name: p.Name, Namespace: "tap_rest", Executable: "tap-rest", Capabilities: p.Capabilities, Required: [][]string{nil}}
	for _, s := range p.settings() {
		if s.required {
			m.Required[0] = append(m.Required[0], s.name)
		}
		entry := map[string]any{"name": s.name, "kind": meltanoKind(s.kind)}
		if s.secret {
			entry["sensitive"] = true
		}
		if s.description != "" {
			entry["description"] = s.description
		}
		if s.title != "" {
			entry["label"] = s.title
		}
		if s.fallback != "" {
			entry["value"] = json.RawMessage(s.fallback)
		}
		m.Settings = append(m.Settings, entry)
	}
	return indent(m)
}

// meltanoKind is Meltano's word for a JSON type.
func meltanoKind(kind string) string {
	switch kind {
	case "integer", "boolean", "array", "object":
		return kind
	case "number":
		return "decimal"
	}
	return "string"
}

func indent(v any) (string, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	return string(text) + "\n", err
}

package outline

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft"
)

// Outline is what a reader found in a document.
type Outline struct {
	Name        string
	Description string
	Head        []string
	Client      *draft.Map
	Defaults    *draft.Map
	Streams     []*Stream
	Left        []string

	settings *draft.Map
	required []any
	names    Names
	streams  Names
	secrets  map[string]string // literals of the document → templates of their settings
}

// Stream is a collection that was found.
type Stream struct {
	Map    *draft.Map // without schema
	Name   string
	Parent *Stream // whose records it is read for
	Record *Type   // of its records; nil: inferred
	Added  []Field // that add sets
	Place  string  // in the document
}

// New begins an outline. From says what document it is of.
func New(name, description, from string) *Outline {
	return &Outline{
		Name: Name(strings.NewReplacer("'s ", " ", "’s ", " ").Replace(strings.ToLower(name)), "api"), Description: Line(description), Head: []string{"Made of " + from + "."},
		Client: new(draft.Map), Defaults: new(draft.Map), settings: new(draft.Map),
		names: Names{"source": 1, "run": 1}, secrets: map[string]string{},
	}
}

// Line is the first line of a text, of at most 200 characters.
func Line(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	if runes := []rune(text); len(runes) > 200 {
		text = string(runes[:200]) + "…"
	}
	return strings.TrimSpace(text)
}

func (o *Outline) streamNames() Names {
	if o.streams == nil {
		o.streams = Names{}
	}
	return o.streams
}

// Setting declares a setting, and returns the template of its value. The name
// is changed where it is taken.
func (o *Outline) Setting(name string, schema *draft.Map, required bool, note string) string {
	name = o.names.Free(Name(name, "setting"))
	o.settings.Set(name, schema, note)
	if required {
		o.required = append(o.required, name)
	}
	return "{{ config." + name + " }}"
}

// Require says that the setting of a template is needed.
func (o *Outline) Require(template string) {
	name := strings.TrimSuffix(strings.TrimPrefix(template, "{{ config."), " }}")
	if o.settings.Get(name) != nil && !slices.Contains(o.required, any(name)) {
		o.required = append(o.required, name)
	}
}

// AskSetting proposes a setting that only a line which is asked uses.
func (o *Outline) AskSetting(name string, schema *draft.Map) string {
	name = o.names.Free(Name(name, "setting"))
	o.settings.Ask(name, schema, "For the lines below that ask for it:")
	return "{{ config." + name + " }}"
}

// Plain is the schema of a setting that is text.
func Plain() *draft.Map { return new(draft.Map).Set("type", "string", "") }

// Secret is the schema of a setting that is never shown.
func Secret() *draft.Map { return Plain().Set("secret", true, "") }

// Hide says that a text of the document is a secret, and which template is to
// stand for it.
func (o *Outline) Hide(literal, template string) {
	if literal != "" {
		o.secrets[literal] = template
	}
}

// SecretOf is the setting that stands for a secret of the document. The same
// secret is one setting.
func (o *Outline) SecretOf(name, literal, note string) string {
	if known := o.secrets[literal]; known != "" && literal != "" {
		return known
	}
	template := o.Setting(strings.TrimPrefix(Name(name, "secret"), "x_"), Secret(), true, note)
	o.Hide(literal, template)
	return template
}

// ValueOf is what stands for a value of the document: a secret setting where it
// is a credential by its name or its looks, else the text as it is.
func (o *Outline) ValueOf(name, text, note string) string {
	if text == "" || !IsCredential(name) && !LooksSecret(text) {
		return Literal(text)
	}
	return o.SecretOf(name, text, note)
}

// Leave notes what cannot be carried over.
func (o *Outline) Leave(format string, args ...any) {
	o.Left = append(o.Left, fmt.Sprintf(format, args...))
}

// depths are those that schemas are tried in.
var depths = []int{6, 4, 3, 2, 1}

// Definition writes the outline down, as large as a definition may be.
func (o *Outline) Definition() (*draft.Definition, error) {
	for _, depth := range depths {
		if d, ok := o.attempt(o.Streams, depth); ok {
			if depth < depths[0] {
				d.Left = append(d.Left, fmt.Sprintf("schemas: below level %d they are left out, since a definition has at most %d bytes; the schema of a stream grows when records come", depth, document.MaxFile))
			}
			return d, nil
		}
	}
	for n := len(o.Streams); n > 0; n = n * 9 / 10 {
		streams := o.first(n)
		d, ok := o.attempt(streams, 0)
		if !ok {
			continue
		}
		d.Left = append(d.Left, "schemas: they are left out, since all of them do not fit into one definition; without a schema it is inferred")
		if gone := len(o.Streams) - len(streams); gone > 0 {
			d.Left = append(d.Left, fmt.Sprintf("streams: %d further lists do not fit into one definition (the first is %s): cut the document, and begin with another part of it", gone, o.Streams[n].Place))
		}
		return d, nil
	}
	return nil, fmt.Errorf("what the document says does not fit into a definition of %d bytes; cut it, and begin with a part", document.MaxFile)
}

// first returns the first n streams, without those whose parents are not among
// them.
func (o *Outline) first(n int) []*Stream {
	var list []*Stream
	there := map[*Stream]bool{nil: true}
	for _, s := range o.Streams[:n] {
		if there[s.Parent] {
			list, there[s] = append(list, s), true
		}
	}
	return list
}

// attempt writes a definition whose schemas have so many levels; none for 0.
// It is false where that is too large.
func (o *Outline) attempt(streams []*Stream, depth int) (*draft.Definition, bool) {
	d := &draft.Definition{Head: slices.Clone(o.Head), Left: slices.Clone(o.Left)}
	d.Root.Set("version", 1, "").Set("name", o.Name, "")
	if o.Description != "" {
		d.Root.Set("description", o.Description, "")
	}
	o.writeSettings(d)
	d.Root.Set("client", o.Client, "")
	o.writeDefaults(d)
	list := make([]any, 0, len(streams))
	room := schemaValues
	var again []string
	for _, s := range streams {
		m := &draft.Map{Entries: slices.Clone(s.Map.Entries)}
		ordered(m)
		if s.Record != nil && depth > 0 && len(s.Record.Fields) > 0 {
			written := schema{depth: depth, room: room}
			m.Set("schema", written.record(s), "")
			if room = written.room; room < 0 {
				return nil, false
			}
			if written.again {
				again = append(again, s.Name)
			}
		}
		list = append(list, m)
	}
	d.Root.Set("streams", list, "")
	if len(again) > 0 {
		d.Left = append(d.Left, fmt.Sprintf("schemas of %s: what contains itself is cut where it begins again", strings.Join(again, ", ")))
	}
	o.hide(d)
	return d, document.TooLarge(d.AppendYAML(nil)) == ""
}

// writeDefaults writes what holds for all streams; where all of it is asked, the
// question stands above the whole.
func (o *Outline) writeDefaults(d *draft.Definition) {
	asked, questions := new(draft.Map), []string(nil)
	for _, e := range o.Defaults.Entries {
		if !e.Open {
			d.Root.Set("defaults", o.Defaults, "")
			return
		}
		asked.Set(e.Key, e.Value, "")
		questions = append(questions, e.Note)
	}
	if len(asked.Entries) > 0 {
		d.Root.Ask("defaults", asked, strings.Join(questions, " "))
	}
}

func (o *Outline) writeSettings(d *draft.Definition) {
	if len(o.settings.Entries) == 0 {
		return
	}
	settings := new(draft.Map)
	if len(o.required) > 0 {
		settings.Set("required", o.required, "")
	}
	d.Root.Set("settings", settings.Set("properties", o.settings, ""), "")
}

// hide takes the secrets of the document out of a definition.
func (o *Outline) hide(d *draft.Definition) {
	var values, comments []string
	for _, literal := range slices.SortedFunc(maps.Keys(o.secrets), func(a, b string) int { return len(b) - len(a) }) {
		if Telling(literal) {
			values = append(values, literal, o.secrets[literal])
			comments = append(comments, literal, "***")
		}
	}
	if len(values) == 0 {
		return
	}
	h := hider{strings.NewReplacer(values...), strings.NewReplacer(comments...)}
	h.texts(d.Head)
	h.texts(d.Left)
	d.Root = *h.value(&d.Root).(*draft.Map)
}

type hider struct{ values, comments *strings.Replacer }

func (h hider) texts(list []string) {
	for i := range list {
		list[i] = h.comments.Replace(list[i])
	}
}

// value returns a copy without secrets.
func (h hider) value(value any) any {
	switch v := value.(type) {
	case string:
		return h.values.Replace(v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = h.value(v[i])
		}
		return list
	case *draft.Map:
		m := &draft.Map{Entries: slices.Clone(v.Entries)}
		for i := range m.Entries {
			e := &m.Entries[i]
			e.Key, e.Note, e.Value = h.comments.Replace(e.Key), h.comments.Replace(e.Note), h.value(e.Value)
		}
		return m
	}
	return value
}

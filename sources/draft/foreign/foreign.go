package foreign

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/pattern"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

// reader is what the readers of this package share.
type reader struct {
	out      *outline.Outline
	settings map[string]string // variables → templates
}

func newReader(name, from string) *reader {
	return &reader{out: outline.New(name, "", from), settings: map[string]string{}}
}

// others lists the keys of a map that nobody reads.
func (r *reader) others(place string, n *document.Node, known ...string) {
	for _, m := range n.Members() {
		if m.Value.Shape == document.Null || slices.Contains(known, m.Name) {
			continue
		}
		r.out.Leave("%s%s: not carried over", place, document.Clip(m.Name))
	}
}

var environment = pattern.New(`^\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?$`)

// value is a text, or the setting that stands for it: of a variable of the
// environment, or of a secret.
func (r *reader) value(name, text, note string) string {
	m := environment().FindStringSubmatch(text)
	if m == nil {
		return r.out.ValueOf(name, text, note)
	}
	return r.variable(m[1], outline.IsCredential(name) || outline.IsCredential(m[1]))
}

// variable is the setting of a variable.
func (r *reader) variable(name string, isSecret bool) string {
	if template := r.settings[name]; template != "" {
		return template
	}
	schema := outline.Plain()
	if isSecret {
		schema = outline.Secret()
	}
	r.settings[name] = r.out.Setting(name, schema, true, "the variable "+outline.Line(name))
	return r.settings[name]
}

// secret is the setting of a credential, which the config may name by a
// variable, or leave out.
func (r *reader) secret(name, text, note string) string {
	if environment().MatchString(text) {
		return r.value(name, text, note)
	}
	return r.out.SecretOf(name, text, note)
}

// plain is the setting of a value that is none of the secrets.
func (r *reader) plain(name, text, note string) string {
	if environment().MatchString(text) || outline.LooksSecret(text) {
		return r.value(name, text, note)
	}
	schema := outline.Plain()
	if text != "" {
		schema.Set("default", text, "")
	}
	return r.out.Setting(name, schema, true, note)
}

// sent writes names and values that requests carry.
func (r *reader) sent(n *document.Node, note string, headers bool) *draft.Map {
	m := new(draft.Map)
	for _, f := range n.Members() {
		switch {
		case headers && (!outline.IsHeader(f.Name) || strings.ContainsFunc(f.Value.Text, func(c rune) bool { return c < ' ' || c > '~' })), f.Name == "":
			r.out.Leave("%s %s: a request cannot have it so", note, document.Clip(f.Name))
		case f.Value.Shape == document.Text:
			m.Set(f.Name, r.value(f.Name, f.Value.Text, note), "")
		case f.Value.Shape == document.List && headers, f.Value.Shape == document.Map:
			r.out.Leave("%s %s: a value that is no text", note, document.Clip(f.Name))
		default:
			m.Set(f.Name, outline.Plainly(f.Value), "")
		}
	}
	return m
}

func setSent(to *draft.Map, key string, m *draft.Map) {
	if len(m.Entries) > 0 {
		to.Set(key, m, "")
	}
}

// joined are the entries of a map, and over them those of another.
func joined(m, over *draft.Map) *draft.Map {
	for _, e := range over.Entries {
		m.Set(e.Key, e.Value, e.Note)
	}
	return m
}

// startOf is the time at which a config begins, and some time ago where it does
// not say.
func startOf(text string) string {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() > 1900 && at.Year() < 2200 {
			return text
		}
	}
	return "2020-01-01T00:00:00Z"
}

// names are texts as a list.
func names(n *document.Node) (list []any) {
	for _, text := range outline.Texts(n) {
		if text != "" {
			list = append(list, text)
		}
	}
	return list
}

var (
	pathStep  = pattern.New(`^\.?([A-Za-z_@$][A-Za-z0-9_@$-]*)|^\[(\d+)\]|^\['([^'\]]+)'\]|^\["([^"\]]+)"\]`)
	listMarks = pattern.New(`(?:\[\*?\]|\.\*)$`)
)

// pathOf writes a JSONPath, or a JMESPath of keys, as a path of gjson. It is
// false where there is more in it than keys and indexes.
func pathOf(text string) (string, bool) {
	text = strings.TrimSpace(text)
	for listMarks().MatchString(text) {
		text = listMarks().ReplaceAllString(text, "")
	}
	text = strings.TrimPrefix(text, "$")
	if text == "" || text == "." || text == "@" {
		return "@this", true
	}
	var keys []string
	for text != "" {
		m := pathStep().FindStringSubmatch(text)
		if m == nil {
			return "", false
		}
		key := m[1] + m[2] + m[3] + m[4]
		if len(key) > 200 || strings.ContainsFunc(key, func(c rune) bool { return c < ' ' }) {
			return "", false
		}
		keys = append(keys, key)
		text = text[len(m[0]):]
	}
	return outline.Path(keys...), true
}

// path is the path that a key of a config has; "" where it has none, or one
// that is listed.
func (r *reader) path(place, text string) string {
	if text == "" {
		return ""
	}
	path, ok := pathOf(text)
	if !ok {
		r.out.Leave("%s: %s is more than keys and indexes; write it as a path of gjson", place, document.Clip(text))
		return ""
	}
	return path
}

// field is a top-level field of records.
func (r *reader) field(place, text string) string {
	path := r.path(place, text)
	if path == "@this" || strings.Contains(strings.ReplaceAll(path, `\.`, ""), ".") {
		r.out.Leave("%s: %s is no field at the top of a record; add makes one of it", place, document.Clip(text))
		return ""
	}
	return strings.ReplaceAll(path, `\`, "")
}

// whole is a number that a key may have; 0 for none.
func whole(n *document.Node, key string) int {
	v, err := strconv.Atoi(outline.Text(n, key))
	if err != nil || v < 0 || v > 1_000_000 {
		return 0
	}
	return v
}

// sized sets the size of pages, and what shows rows that move.
func sized(m *draft.Map, param string, size int) {
	if param != "" && size > 0 {
		m.Set("size_param", param, "").Set("size", size, "")
	}
}

// moving says how rows that move are noticed where pages are counted and no total
// is read.
func moving(stream, paging *draft.Map) {
	if paging.Get("total") != nil || paging.Get("total_pages") != nil {
		return
	}
	size, _ := paging.Get("size").(int)
	if paging.Get("type") == "offset" && size != 1 {
		paging.Set("overlap", 1, "")
	} else if paging.Get("type") == "offset" || paging.Get("type") == "page" {
		stream.Set("on_incomplete", "again", "the pages are counted, and no total shows rows that move meanwhile: a second reading does")
	}
}

var placeholder = pattern.New(`\{([^{}]*)\}`)

// filled puts a template in the place of each {name} of a text.
func filled(text string, of func(name string) string) string {
	var b strings.Builder
	at := 0
	for _, m := range placeholder().FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(literalStep(text[at:m[0]]))
		b.WriteString(of(text[m[2]:m[3]]))
		at = m[1]
	}
	b.WriteString(literalStep(text[at:]))
	return b.String()
}

func literalStep(text string) string {
	return outline.Literal(strings.NewReplacer("{", "%7B", "}", "%7D", " ", "%20").Replace(text))
}

// pathTemplate is the path of a stream.
func pathTemplate(text string, of func(name string) string) string {
	text, _, _ = strings.Cut(text, "#")
	path := filled(text, of)
	if isAbsolute(text) {
		return path
	}
	return "/" + strings.TrimLeft(path, "/")
}

var absolute = pattern.New(`^https?://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/|$)`)

func isAbsolute(text string) bool { return absolute().MatchString(text) }

func noStreams(file string, n *document.Node, what string) error {
	line := 1
	if n != nil {
		line = n.Line
	}
	return fmt.Errorf("%s:%d: no %s: a definition has at least one stream", file, line, what)
}

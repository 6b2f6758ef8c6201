package sources

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/nearest"
	"github.com/tap-rest/tap-rest/sources/pattern"
	"github.com/tap-rest/tap-rest/sources/settings"
)

// The slots of the names that templates see, the same in every scope: one
// expr.Vars serves them all.
const (
	VarConfig = iota
	VarPartition
	VarWindow
	VarPage
	VarAuth
	VarNow
	VarResponse
	VarHeaders
	VarRecord
	VarParent
	VarRequest
	VarSignature
	VarCookies
	VarJob
	VarJobHeaders
	VarLink
	VarStatus
	VarJobKey
	VarCount // the length of a Vars
)

// Scope says where a template stands, and so which names it sees.
type Scope uint8

// The scopes, each with the names of those before.
const (
	InRequest  Scope = iota // config, partition, window, page, auth, now
	InResponse              // response and headers
	InRecord                // record and parent
	InSigned                // request and signature; of the others, those of InRequest have values
	InLogin                 // cookies; of the others, those of InResponse have values
	InExport                // job, job_headers, link, status and job_key; of the others, those of InResponse have values
)

// names are those of the slots.
var names = [VarCount]string{"config", "partition", "window", "page", "auth", "now", "response", "headers", "record", "parent", "request", "signature", "cookies", "job", "job_headers", "link", "status", "job_key"}

// members are what the values of names have whose members are fixed: any other
// would be undefined, and its parameter left out of the request.
var members = map[string][]string{
	"window": {"start", "end"},
	"page":   {"token", "number", "offset", "size", "records", "session"},

	"request":   {"method", "url", "host", "path", "query", "headers", "body", "time", "timestamp", "timestamp_ms", "nonce"},
	"signature": {"hex", "base64"},
}

func newScopes() [InExport + 1]*expr.Scope {
	request := expr.NewScope(names[:VarResponse]...)
	response := request.Extend(names[VarResponse:VarRecord]...)
	record := response.Extend(names[VarRecord:VarRequest]...)
	signed := record.Extend(names[VarRequest:VarCookies]...)
	login := signed.Extend(names[VarCookies:VarJob]...)
	return [...]*expr.Scope{request, response, record, signed, login, login.Extend(names[VarJob:]...)}
}

// Templates compiles the templates of a definition. Whatever a loader reads
// them from, they see the same names.
type Templates struct {
	scopes   [InExport + 1]*expr.Scope
	settings *settings.Settings
}

// NewTemplates returns a compiler for a definition with these settings; nil:
// they are not known, and templates may use any.
func NewTemplates(settings *settings.Settings) *Templates { return &Templates{newScopes(), settings} }

// TemplateFault is what is wrong with a template.
type TemplateFault struct {
	Offset int    // in its text, in bytes; 0 where it is about the whole
	Msg    string // "" where it is about a name:
	What   string // what was looked for: "setting"
	Name   string
	Known  []string // the names that there are
}

// Error returns what is wrong.
func (f *TemplateFault) Error() string {
	if f.Msg != "" {
		return f.Msg
	}
	return document.Unknown(f.What, f.Name, f.Known)
}

// Compile compiles a template that stands there. Only are the names that it may
// use; none: all of the scope.
func (t *Templates) Compile(in Scope, text string, only ...string) (*expr.Template, *TemplateFault) {
	compiled, err := t.scopes[in].Compile(text)
	if err != nil {
		return nil, syntaxFault(err)
	}
	fault := useFault(compiled, only)
	if fault == nil {
		fault = t.settingFault(text)
	}
	if fault == nil {
		fault = t.nestedFault(compiled, text)
	}
	if fault == nil {
		fault = memberFault(compiled)
	}
	if fault != nil {
		return nil, fault
	}
	return compiled, nil
}

func syntaxFault(err error) *TemplateFault {
	var syntax *expr.SyntaxError
	if errors.As(err, &syntax) {
		return &TemplateFault{Offset: syntax.Offset, Msg: syntax.Msg}
	}
	return &TemplateFault{Msg: err.Error()}
}

// useFault finds a name that the template may not use.
func useFault(t *expr.Template, only []string) *TemplateFault {
	if len(only) == 0 {
		return nil
	}
	for _, name := range names {
		if t.Uses(name) && !slices.Contains(only, name) {
			return &TemplateFault{Msg: fmt.Sprintf("%s cannot be used here, only %s", name, strings.Join(only, " and "))}
		}
	}
	return nil
}

// memberFault finds a member that no value of its name has.
func memberFault(t *expr.Template) *TemplateFault {
	for _, keys := range t.Reads("headers") {
		if len(keys) > 0 && keys[0] != strings.ToLower(keys[0]) {
			return &TemplateFault{Msg: fmt.Sprintf("headers has names in lower case alone: write headers['%s']", strings.ToLower(keys[0]))}
		}
	}
	for name, known := range members {
		for _, keys := range t.Reads(name) {
			if len(keys) > 0 && !slices.Contains(known, keys[0]) {
				return &TemplateFault{What: "member of " + name, Name: keys[0], Known: known}
			}
		}
	}
	return nil
}

var (
	// expression finds the expressions in a template. A string with }} in it
	// ends one early: what is behind goes unchecked, nothing more.
	expression = pattern.New(`(?s)\{\{.*?\}\}`)
	configName = pattern.New(`(?:^|[^\w.'"])config(?:` +
		`\s*(?:\.|\|)\s*get\s*\(\s*['"]([^'"\\]*)['"]\s*[,)]|` + // config.get('a'), config | get('a')
		`\s*\[\s*['"]([^'"\\]*)['"]\s*\]|` + // config['a']
		`\.([A-Za-z_]\w*)(\s*\()?)`) // config.a, or a method of all settings: config.items()
)

// settingFault finds a setting that the text uses and nobody is asked for: it
// would be undefined, and left out of the request.
func (t *Templates) settingFault(text string) *TemplateFault {
	if t.settings == nil || !t.settings.Closed() {
		return nil
	}
	for _, e := range expression().FindAllStringIndex(text, -1) {
		for _, at := range configName().FindAllStringSubmatchIndex(text[e[0]:e[1]], -1) {
			begin, end := firstGroup(at)
			if begin < 0 {
				continue
			}
			if name := text[e[0]+begin : e[0]+end]; !t.settings.Declares(name) {
				return undeclared(t.settings, name, e[0]+begin)
			}
		}
	}
	return nil
}

// nestedFault finds a key of a setting that is likely a declared one, mistyped.
func (t *Templates) nestedFault(compiled *expr.Template, text string) *TemplateFault {
	if t.settings == nil {
		return nil
	}
	for _, keys := range compiled.Reads("config") {
		at := t.settings
		for i, key := range keys {
			if known := at.Names(); i > 0 && at.Closed() && !at.Declares(key) && nearest.Name(key, known) != "" {
				return &TemplateFault{Offset: max(0, strings.Index(text, key)), What: "key of the setting " + strings.Join(keys[:i], "."), Name: key, Known: known}
			}
			at = at.Within(key)
		}
	}
	return nil
}

// firstGroup returns where the setting's name is in what configName found, -1
// where it is a method's.
func firstGroup(at []int) (begin, end int) {
	const method = 4
	if at[2*method] >= 0 {
		return -1, -1
	}
	for i := 2; i < 2*method; i += 2 {
		if at[i] >= 0 {
			return at[i], at[i+1]
		}
	}
	return -1, -1
}

// undeclared says that a template uses a setting which nobody is asked for.
func undeclared(s *settings.Settings, name string, offset int) *TemplateFault {
	known := s.Names()
	if len(known) == 0 {
		return &TemplateFault{Offset: offset, Msg: fmt.Sprintf("unknown setting %q: declare it under settings.properties", name)}
	}
	return &TemplateFault{Offset: offset, What: "setting", Name: name, Known: known}
}

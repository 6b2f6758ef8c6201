package call

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/draft"
)

// Described is a call as a definition makes it.
type Described struct {
	Client   *draft.Map // base_url, auth, headers
	Stream   *draft.Map // path, method, params, headers, body
	Name     string     // of the collection, as its path says
	Host     string
	Settings []Setting
	Left     []string // headers that are left out, with the reason
	described
}

// described is what Describe works with.
type described struct {
	settings settings
	auth     bool // is known
}

// Describe says how a definition makes the call.
func (c *Call) Describe() *Described {
	d := &Described{Client: new(draft.Map), Stream: new(draft.Map), Host: c.URL.Hostname()}
	base, path := splitPath(c.URL.EscapedPath())
	d.Client.Set("base_url", Literal(c.URL.Scheme+"://"+c.URL.Host+d.path(base)), "")
	d.Name = streamName(path)
	d.Stream.Set("path", d.path(path), "")
	if c.Method != "GET" && (c.Method != "POST" || len(c.Body) == 0) {
		d.Stream.Set("method", c.Method, "")
	}
	d.basic(c)
	headers := d.headers(c)
	d.params(c)
	if len(headers.Entries) > 0 {
		d.Client.Set("headers", headers, "")
	}
	d.body(c)
	d.Settings = d.settings.all
	return d
}

// Nameless is what a collection is called whose path has no name.
const Nameless = "records"

// streamName is the last word of a path that names a collection.
func streamName(path string) string {
	segments := strings.Split(path, "/")
	for _, segment := range slices.Backward(segments) {
		name, _, _ := strings.Cut(unescaped(segment), ".")
		name = settingName(name)
		if len(name) > 1 && !strings.HasPrefix(name, "key") && !looksSecret(segment) && !slices.Contains([]string{"search", "list", "query", "all", "index", "api", "graphql"}, name) {
			return name
		}
	}
	return Nameless
}

// path writes a path with a setting in the place of what looks like a credential.
func (d *Described) path(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if looksSecret(unescaped(segment)) {
			segments[i] = strings.Replace(d.settings.take("path_key", segment, true), " }}", " | safe }}", 1)
			d.settings.all[len(d.settings.all)-1].InPath = true
		} else {
			segments[i] = Literal(segment)
		}
	}
	return strings.Join(segments, "/")
}

func (d *Described) setAuth(auth *draft.Map, note string) {
	d.Client.Set("auth", auth, note)
	d.auth = true
}

// basic takes the user and the password of basic authentication. Where there is no
// password, what stands for the user is the key.
func (d *Described) basic(c *Call) {
	if !c.Basic {
		return
	}
	auth := new(draft.Map).Set("type", "basic", "")
	if c.Password == "" {
		auth.Set("username", d.settings.take("api_key", c.User, true), "").Set("password", "", "")
	} else {
		auth.Set("username", d.settings.take("username", c.User, looksSecret(c.User)), "").Set("password", d.settings.take("password", c.Password, true), "")
	}
	d.setAuth(auth, "")
}

// noise are headers that browsers and curl send to everybody, or that net/http writes itself.
var noise = []string{"accept-encoding", "connection", "host", "content-length", "dnt", "priority", "pragma", "cache-control", "upgrade-insecure-requests",
	"te", "keep-alive", "proxy-connection", "accept-language", "if-none-match", "if-modified-since", "expect", "transfer-encoding", "range"}

// isNoise reports whether a header says nothing to the API.
func isNoise(h Pair) bool {
	name := strings.ToLower(h.Name)
	switch {
	case strings.HasPrefix(name, "sec-"), strings.HasPrefix(name, ":"), slices.Contains(noise, name):
		return true
	case name == "user-agent":
		return strings.HasPrefix(h.Value, "Mozilla/") || strings.HasPrefix(h.Value, "curl/")
	case name == "accept":
		return strings.Contains(h.Value, "*/*") || h.Value == "application/json"
	}
	return false
}

// headers takes the headers: credentials become settings, the first of them auth.
func (d *Described) headers(c *Call) *draft.Map {
	headers := new(draft.Map)
	seen := map[string]bool{}
	for _, h := range c.Headers {
		name := strings.ToLower(h.Name)
		switch {
		case isNoise(h), seen[name], name == "content-type" && len(c.Body) > 0:
			continue
		case name == "authorization":
			if !c.Basic {
				d.authorization(h.Value)
			}
		case name == "cookie":
			headers.Set("Cookie", d.settings.take("cookie", h.Value, true), "")
		case isSecretName(h.Name) || looksSecret(h.Value):
			d.key(h, "header", headers)
		case name == "origin" || name == "referer":
			d.Left = append(d.Left, "header "+h.Name+": browsers send it, and few APIs ask for it; where this one does, add it to client.headers")
		default:
			headers.Set(h.Name, Literal(h.Value), "")
		}
		seen[name] = true
	}
	return headers
}

// key takes a credential that has a name of its own.
func (d *Described) key(p Pair, in string, others *draft.Map) {
	value := d.settings.take(p.Name, p.Value, true)
	if d.auth {
		others.Set(p.Name, value, "")
		return
	}
	d.setAuth(new(draft.Map).Set("type", "api_key", "").Set("name", Literal(p.Name), "").Set("value", value, "").Set("in", in, ""), "")
}

// authorization takes the header of that name.
func (d *Described) authorization(value string) {
	scheme, rest, found := strings.Cut(strings.TrimSpace(value), " ")
	rest = strings.TrimSpace(rest)
	auth := new(draft.Map)
	switch strings.ToLower(scheme) {
	case "bearer":
		if found && rest != "" {
			d.setAuth(auth.Set("type", "bearer", "").Set("token", d.settings.take("token", rest, true), ""), "")
			return
		}
	case "basic":
		if plain, err := base64.StdEncoding.DecodeString(rest); err == nil {
			c := &Call{Basic: true}
			c.User, c.Password, _ = strings.Cut(strings.ToValidUTF8(string(plain), "\uFFFD"), ":")
			d.basic(c)
			return
		}
	}
	auth.Set("type", "api_key", "").Set("name", "Authorization", "")
	if found && !strings.ContainsAny(rest, " =,") && len(scheme) < 12 {
		auth.Set("value", Literal(scheme)+" "+d.settings.take("token", rest, true), "")
	} else {
		auth.Set("value", d.settings.take("authorization", value, true), "")
	}
	d.setAuth(auth.Set("in", "header", ""), "")
}

// params takes the query's parameters. Those that stand there several times have a list.
func (d *Described) params(c *Call) {
	params := new(draft.Map)
	for _, p := range c.Params {
		if isSecretParam(p) {
			d.key(p, "query", params)
			continue
		}
		value := Scalar(p.Value)
		switch have := params.Get(p.Name).(type) {
		case nil:
		case []any:
			value = append(have, value)
		default:
			value = []any{have, value}
		}
		params.Set(p.Name, value, "")
	}
	if len(params.Entries) > 0 {
		d.Stream.Set("params", params, "")
	}
}

func isSecretParam(p Pair) bool {
	if tokenNames().MatchString(p.Name) {
		return known().MatchString(p.Value) && !strings.Contains(p.Value, "cursor")
	}
	return p.Value != "" && (isSecretName(p.Name) || looksSecret(p.Value))
}

// Scalar is a value of a parameter as a definition has it: a number where it is written
// as one, else text.
func Scalar(text string) any {
	if len(text) < 16 && json.Valid([]byte(text)) && strings.Trim(text, "0123456789") == "" {
		return json.Number(text)
	}
	return Literal(text)
}

// body takes what is sent.
func (d *Described) body(c *Call) {
	if len(c.Body) == 0 {
		return
	}
	kind, _ := c.Header("Content-Type")
	kind = strings.ToLower(kind)
	body := d.Stream.At("body")
	value, err := ParseJSON(c.Body)
	switch {
	case err == nil && isGraphQL(value):
		d.graphQL(body, value.(*draft.Map))
	case err == nil && !strings.Contains(kind, "x-www-form-urlencoded"):
		body.Set("json", d.jsonValue("", value), "")
		if kind != "" && kind != "application/json" && !strings.HasPrefix(kind, "application/json;") && !strings.Contains(kind, "form") {
			d.streamHeader("Content-Type", kind)
		}
	case isForm(kind, c.Body):
		form := new(draft.Map)
		for _, p := range ParsePairs(string(c.Body)) {
			if isSecretParam(p) {
				form.Set(p.Name, d.settings.take(p.Name, p.Value, true), "")
			} else {
				form.Set(p.Name, Scalar(p.Value), "")
			}
		}
		body.Set("form", form, "")
	default:
		d.text(body, string(c.Body))
		if kind != "" {
			d.streamHeader("Content-Type", kind)
		}
	}
}

func (d *Described) streamHeader(name, value string) {
	d.Stream.At("headers").Set(name, Literal(value), "")
}

// text takes a body that is neither JSON nor a form. Where it holds a credential, all of
// it is a setting.
func (d *Described) text(body *draft.Map, text string) {
	text = strings.ToValidUTF8(text, "\uFFFD")
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune("<>\"'&;,(){}[] \t\r\n", r) }) {
		if looksSecret(word) {
			body.Set("text", d.settings.take("body", text, true), "")
			return
		}
	}
	body.Set("text", Literal(text), "")
}

func isForm(kind string, body []byte) bool {
	return strings.Contains(kind, "x-www-form-urlencoded") && strings.Contains(string(body), "=") && !strings.ContainsAny(string(body), "<{\n")
}

// isGraphQL reports whether a body is a query of GraphQL with nothing that a
// definition has no key for.
func isGraphQL(value any) bool {
	m, isMap := value.(*draft.Map)
	if !isMap {
		return false
	}
	query, isText := m.Get("query").(string)
	if !isText || !strings.Contains(query, "{") {
		return false
	}
	for _, e := range m.Entries {
		if e.Key != "query" && e.Key != "variables" && (e.Key != "operationName" || e.Value != nil && fmt.Sprint(e.Value) != "") {
			return false
		}
	}
	variables := m.Get("variables")
	_, isMap = variables.(*draft.Map)
	return variables == nil || isMap
}

func (d *Described) graphQL(body, m *draft.Map) {
	ql := body.At("graphql").Set("query", Literal(m.Get("query").(string)), "")
	if variables, ok := m.Get("variables").(*draft.Map); ok && len(variables.Entries) > 0 {
		ql.Set("variables", d.jsonValue("", variables), "")
	}
}

// jsonValue writes what stands in a body of JSON: credentials are settings.
func (d *Described) jsonValue(name string, value any) any {
	switch v := value.(type) {
	case *draft.Map:
		out := new(draft.Map)
		for _, e := range v.Entries {
			out.Set(e.Key, d.jsonValue(e.Key, e.Value), "")
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = d.jsonValue(name, item)
		}
		return out
	case string:
		if isSecretParam(Pair{name, v}) {
			return d.settings.take(name, v, true)
		}
		return Literal(v)
	}
	return value
}

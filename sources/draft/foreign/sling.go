package foreign

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/pattern"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

// LooksLikeSling reports whether a text is an API spec of Sling.
func LooksLikeSling(data []byte) bool {
	return (bytes.Contains(data, []byte("endpoints:")) || bytes.Contains(data, []byte(`"endpoints"`))) &&
		(bytes.Contains(data, []byte("{state.")) || bytes.Contains(data, []byte("jmespath")) || bytes.Contains(data, []byte("next_state")))
}

// ReadSling makes a definition of an API spec of Sling.
func ReadSling(file string, data []byte) (*draft.Definition, error) {
	root, err := outline.Parse(file, data)
	if err != nil {
		return nil, err
	}
	endpoints := root.Get("endpoints")
	if endpoints == nil || endpoints.Shape != document.Map || len(endpoints.Fields) == 0 {
		return nil, fmt.Errorf("%s:%d: no API spec of Sling: it has endpoints", file, root.Line)
	}
	name := outline.Text(root, "name")
	s := &sling{reader: newReader(cmp.Or(name, "api"), "the API spec of Sling "+cmp.Or(outline.Line(name), outline.Line(file))), defaults: root.Get("defaults"), feeds: map[string]feed{}}
	s.out.Description = outline.Line(outline.Text(root, "description"))
	for _, m := range endpoints.Fields {
		if m.Value.Shape == document.Map && !outline.True(m.Value, "disabled") {
			s.list = append(s.list, &endpoint{place: "endpoints." + outline.Line(m.Name) + ".", name: m.Name, node: m.Value})
		} else {
			s.out.Leave("endpoints.%s: it is disabled, or no map", document.Clip(m.Name))
		}
	}
	if len(s.list) == 0 {
		return nil, noStreams(file, endpoints, "endpoints")
	}
	s.base()
	s.auth(root.Get("authentication"))
	taken := outline.Names{}
	for _, e := range s.list {
		e.stream = &outline.Stream{Map: new(draft.Map), Name: taken.Free(outline.Name(e.name, "stream")), Place: e.place}
		s.queues(e)
	}
	for _, e := range s.list {
		s.write(e)
	}
	s.others("", root, "name", "description", "queues", "defaults", "authentication", "endpoints", "docs")
	s.others("defaults.", s.defaults, "state", "request", "pagination", "response")
	return s.out.Definition()
}

type sling struct {
	*reader
	defaults *document.Node
	list     []*endpoint
	feeds    map[string]feed // queues → what fills them
	baseURL  string
}

type endpoint struct {
	place, name string
	node        *document.Node
	stream      *outline.Stream
	parent      *endpoint
	into        string // the state that takes a value of the queue
	variable    string // its name in partition
	used        bool   // a request has it
}

// feed is the field of an endpoint's records that fills a queue.
type feed struct {
	from  *endpoint
	field string
}

// of is a value of an endpoint, or of the defaults.
func (s *sling) of(e *endpoint, keys ...string) *document.Node {
	for _, n := range []*document.Node{e.node, s.defaults} {
		for _, key := range keys {
			n = n.Get(key)
		}
		if n != nil {
			return n
		}
	}
	return nil
}

var (
	braced    = pattern.New(`\$?\{([^{}]*)\}`)
	stateName = pattern.New(`^state\.([A-Za-z_][A-Za-z0-9_]*)$`)
	given     = pattern.New(`^(?:secrets|env|inputs)\.([A-Za-z_][A-Za-z0-9_]*)$`)
	queueName = pattern.New(`^(?:queue\.)?([A-Za-z_][A-Za-z0-9_]*)$`)
	recordKey = pattern.New(`^record\.([A-Za-z_][A-Za-z0-9_]*)$`)
)

// only is the expression that a text is nothing but; "" for others.
func only(text string) string {
	text = strings.TrimSpace(text)
	if m := braced().FindStringSubmatch(text); m != nil && m[0] == text {
		return strings.TrimSpace(m[1])
	}
	return ""
}

// base is the base URL: that of the state, or where the first endpoint goes.
func (s *sling) base() {
	address := outline.Text(s.defaults.Get("state"), "base_url")
	note := "defaults.state.base_url"
	if address == "" {
		note = "where the endpoints go"
		for _, e := range s.list {
			if m := absolute().FindString(outline.Text(s.of(e, "request"), "url")); m != "" {
				address = strings.TrimSuffix(m, "/")
				break
			}
		}
	}
	s.baseURL = address
	if strings.ContainsAny(address, "{}") {
		address = ""
	}
	s.out.Client.Set("base_url", s.out.BaseURL(address, "", note), "")
}

// expression is the template of an expression; false where there is none.
func (s *sling) expression(e *endpoint, text string) (string, bool) {
	if m := given().FindStringSubmatch(text); m != nil {
		return s.variable(m[1], !strings.HasPrefix(text, "inputs.")), true
	}
	m := stateName().FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	if e != nil && e.parent != nil && m[1] == e.into {
		e.used = true
		return "{{ partition." + e.variable + " }}", true
	}
	var value *document.Node
	if e != nil {
		value = s.of(e, "state", m[1])
	} else {
		value = s.defaults.Get("state").Get(m[1])
	}
	if value == nil || !value.Scalar() || braced().MatchString(value.Text) {
		return "", false
	}
	return s.value(m[1], value.Text, "state"), true
}

// text is a text with expressions; false where one of them is none of a
// definition's.
func (s *sling) text(e *endpoint, text string, plain func(string) string) (string, bool) {
	var b strings.Builder
	at := 0
	for _, m := range braced().FindAllStringSubmatchIndex(text, -1) {
		template, ok := s.expression(e, strings.TrimSpace(text[m[2]:m[3]]))
		if !ok {
			return "", false
		}
		b.WriteString(plain(text[at:m[0]]) + template)
		at = m[1]
	}
	return b.String() + plain(text[at:]), true
}

func (s *sling) auth(n *document.Node) {
	if n == nil {
		return
	}
	text := func(key string) string {
		value, _ := s.text(nil, outline.Text(n, key), outline.Literal)
		return value
	}
	secret := func(key string) string {
		if value := outline.Text(n, key); !braced().MatchString(value) {
			return s.secret(key, value, "authentication")
		}
		return text(key)
	}
	m := new(draft.Map)
	switch kind := strings.ToLower(outline.Text(n, "type")); {
	case kind == "basic":
		m.Set("type", "basic", "").Set("username", cmp.Or(text("username"), s.plain("username", "", "")), "").Set("password", secret("password"), "")
	case kind == "oauth2" && outline.Text(n, "authentication_url") != "":
		grant := map[string]string{"password": "password", "refresh_token": "refresh_token"}[outline.Text(n, "flow")]
		m.Set("type", "oauth2", "").Set("grant", cmp.Or(grant, "client_credentials"), "").Set("token_url", cmp.Or(text("authentication_url"), s.plain("token_url", "", "")), "").
			Set("client_id", cmp.Or(text("client_id"), s.plain("client_id", "", "")), "").Set("client_secret", secret("client_secret"), "")
		if grant == "refresh_token" {
			m.Set("refresh_token", secret("refresh_token"), "")
		} else if grant == "password" {
			m.Set("username", cmp.Or(text("username"), s.plain("username", "", "")), "").Set("password", secret("password"), "")
		}
		if scopes := outline.Texts(n.Get("scopes")); len(scopes) > 0 && grant != "refresh_token" {
			m.Set("scopes", outline.Literal(strings.Join(scopes, " ")), "")
		}
	case kind == "static", kind == "" && n.Has("headers"):
		for _, f := range n.Get("headers").Members() {
			s.header(nil, s.out.Client, "authentication.headers.", f)
		}
		return
	default:
		s.out.Leave("authentication of the type %s: see Auth in FORMAT.md", document.Clip(kind))
		return
	}
	s.out.Client.Set("auth", m, "authentication")
}

// header writes a header. That which says who asks is auth.
func (s *sling) header(e *endpoint, to *draft.Map, place string, f document.Member) {
	value, ok := s.text(e, f.Value.Text, outline.Literal)
	if ok && !braced().MatchString(f.Value.Text) {
		value = s.value(f.Name, f.Value.Text, place)
	}
	bad := strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' })
	prefix, token, two := strings.Cut(value, " ")
	switch {
	case !ok || bad || !f.Value.Scalar() || !outline.IsHeader(f.Name):
		s.out.Leave("%s%s: what it computes is not carried over", place, document.Clip(f.Name))
	case strings.EqualFold(f.Name, "Authorization") && two && strings.EqualFold(prefix, "Bearer") && token != "":
		to.Set("auth", new(draft.Map).Set("type", "bearer", "").Set("token", token, ""), "the header Authorization")
	case strings.EqualFold(f.Name, "Authorization") && value != "":
		to.Set("auth", new(draft.Map).Set("type", "api_key", "").Set("name", f.Name, "").Set("value", value, "").Set("in", "header", ""), "")
	default:
		to.At("headers").Set(f.Name, value, "")
	}
}

// queues notes which field of the records fills which queue.
func (s *sling) queues(e *endpoint) {
	for i, p := range e.node.Get("response").Get("processors").List() {
		queue, isQueue := strings.CutPrefix(outline.Text(p, "output"), "queue.")
		field := recordKey().FindStringSubmatch(outline.Text(p, "expression"))
		if !isQueue || field == nil {
			s.out.Leave("%sresponse.processors[%d]: add or keep may compute it", e.place, i)
			continue
		}
		if _, twice := s.feeds[queue]; !twice {
			s.feeds[queue] = feed{e, field[1]}
		}
	}
}

// iterate makes an endpoint the child of that which fills its queue.
func (s *sling) iterate(e *endpoint, m *draft.Map) {
	n := e.node.Get("iterate")
	if n == nil {
		return
	}
	queue := queueName().FindStringSubmatch(cmp.Or(only(outline.Text(n, "over")), outline.Text(n, "over")))
	into := stateName().FindStringSubmatch(outline.Text(n, "into"))
	if queue != nil && into != nil {
		if f, filled := s.feeds[queue[1]]; filled && !isWithin(f.from, e) {
			e.parent, e.into = f.from, into[1]
			e.variable = outline.Name(into[1], "key")
			for p := e.parent; p != nil; p = p.parent {
				if p.variable == e.variable {
					e.variable += "_of_" + e.stream.Name
				}
			}
			m.Set("partition_by", new(draft.Map).Set("parent", f.from.stream.Name, "").Set("keys", new(draft.Map).Set(e.variable, outline.Path(f.field), ""), ""), "")
			e.stream.Parent = f.from.stream
			return
		}
	}
	s.out.Leave("%siterate: nothing that is read here fills what it goes over; see Partition in FORMAT.md", e.place)
}

func isWithin(p, e *endpoint) bool {
	for ; p != nil; p = p.parent {
		if p == e {
			return true
		}
	}
	return false
}

func (s *sling) write(e *endpoint) {
	m := e.stream.Map
	m.Set("name", e.stream.Name, "")
	s.iterate(e, m)
	request := e.node.Get("request")
	s.url(e, m)
	if method := strings.ToUpper(outline.Text(request, "method")); method == "POST" || method == "PUT" || method == "PATCH" {
		m.Set("method", method, "")
	}
	for _, f := range joinedMembers(s.defaults.Get("request").Get("headers"), request.Get("headers")) {
		s.header(e, m, e.place+"request.headers.", f)
	}
	paging, walked := s.paging(e, m)
	for _, f := range joinedMembers(s.defaults.Get("request").Get("parameters"), request.Get("parameters")) {
		if f.Name != walked && f.Name != "" && !(paging != nil && paging.Get("size_param") == f.Name) {
			s.param(e, m, f)
		}
	}
	if payload := request.Get("payload"); payload != nil {
		s.out.Leave("%srequest.payload: write it into body", e.place)
	}
	if e.parent != nil && !e.used {
		s.out.Leave("%siterate: no request sends %s, so all would ask for the same", e.place, e.into)
		m.Entries = slices.DeleteFunc(m.Entries, func(entry draft.Entry) bool { return entry.Key == "partition_by" })
		e.stream.Parent = nil
	}
	s.records(e, m)
	if paging != nil {
		m.Set("pagination", paging, "")
		moving(m, paging)
	}
	s.others(e.place, e.node, "description", "docs", "disabled", "state", "request", "pagination", "response", "iterate", "sync")
	s.others(e.place+"request.", request, "url", "method", "headers", "parameters", "payload")
	s.others(e.place+"response.", e.node.Get("response"), "records", "processors")
	s.out.Streams = append(s.out.Streams, e.stream)
}

func joinedMembers(base, over *document.Node) []document.Member {
	list := append([]document.Member(nil), base.Members()...)
	for _, f := range over.Members() {
		at := -1
		for i := range list {
			if list[i].Name == f.Name {
				at = i
			}
		}
		if at >= 0 {
			list[at] = f
		} else {
			list = append(list, f)
		}
	}
	return list
}

// url makes the path of an endpoint's URL.
func (s *sling) url(e *endpoint, m *draft.Map) {
	address := s.of(e, "request", "url")
	if address == nil || address.Text == "" {
		m.Set("path", "/", "")
		return
	}
	text, _, _ := strings.Cut(address.Text, "?")
	text = strings.TrimPrefix(text, "{state.base_url}")
	text = strings.TrimPrefix(text, "${state.base_url}")
	if s.baseURL != "" {
		text = strings.TrimPrefix(text, s.baseURL)
	}
	path, ok := s.text(e, text, literalStep)
	if !ok {
		s.out.Leave("%srequest.url: what it computes is not carried over", e.place)
		path = pathTemplate(text, func(name string) string {
			return s.variable(outline.Name(strings.TrimPrefix(name, "state."), "value"), false)
		})
	}
	if !isAbsolute(path) {
		path = "/" + strings.TrimLeft(path, "/")
	}
	m.Set("path", path, "")
}

func (s *sling) param(e *endpoint, m *draft.Map, f document.Member) {
	if f.Value.Shape != document.Text {
		if f.Value.Shape == document.Map {
			s.out.Leave("%srequest.parameters.%s: a map", e.place, document.Clip(f.Name))
			return
		}
		m.At("params").Set(f.Name, outline.Plainly(f.Value), "")
		return
	}
	value, ok := s.text(e, f.Value.Text, outline.Literal)
	switch {
	case !ok && s.synced(e, f.Value.Text):
		m.At("params").Ask(f.Name, "{{ window.start }}", "With replication_key and incremental below:")
	case !ok:
		s.out.Leave("%srequest.parameters.%s: what it computes is not carried over", e.place, document.Clip(f.Name))
	case braced().MatchString(f.Value.Text):
		m.At("params").Set(f.Name, value, "")
	default:
		m.At("params").Set(f.Name, s.value(f.Name, f.Value.Text, e.place+"request.parameters"), "")
	}
}

// synced reports whether a text is a state that is kept from run to run.
func (s *sling) synced(e *endpoint, text string) bool {
	m := stateName().FindStringSubmatch(only(text))
	return m != nil && (strings.Contains(outline.Text(s.of(e, "state"), m[1]), "sync.") || strings.Contains(strings.Join(outline.Texts(e.node.Get("sync")), " "), m[1]))
}

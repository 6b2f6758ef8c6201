package openapi

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

// security makes auth of the way to prove who asks that most lists take; those
// that take another one have their own.
func (r *reader) security() {
	schemes := r.root.Get("components").Get("securitySchemes")
	if r.old {
		schemes = r.root.Get("securityDefinitions")
	}
	s := &schemesReader{reader: r, schemes: schemes, made: map[string]*proof{}, count: map[string]int{}, needs: map[string]*document.Node{}}
	for _, l := range r.lists {
		for _, way := range s.waysOf(l) {
			s.count[way]++
		}
	}
	best := s.best(slices.Sorted(maps.Keys(s.count)))
	if best == "" {
		s.unused()
		return
	}
	s.apply(s.proof(best), r.out.Client, r.out.Defaults)
	others := slices.DeleteFunc(slices.Sorted(maps.Keys(s.count)), func(way string) bool { return way == best })
	if len(others) > 0 {
		r.out.Leave("ways to prove who asks that are not used: %s; auth takes another one in place of %s", strings.Join(clipped(others), ", "), document.Clip(best))
	}
	for _, l := range r.lists {
		if ways := s.waysOf(l); len(ways) > 0 && !slices.Contains(ways, best) {
			if own := s.best(ways); own != "" {
				s.apply(s.proof(own), l.stream.Map, l.stream.Map)
			}
		}
	}
}

func clipped(list []string) []string {
	short := make([]string, 0, 10)
	for _, text := range list[:min(10, len(list))] {
		short = append(short, document.Clip(text))
	}
	return short
}

type schemesReader struct {
	*reader
	schemes *document.Node
	made    map[string]*proof
	count   map[string]int
	needs   map[string]*document.Node // way → the requirement, for its scopes
}

// proof is a way to prove who asks, in a definition's words.
type proof struct {
	auth     *draft.Map
	headers  *draft.Map
	params   *draft.Map
	note     string
	question string // where it is not proven
}

// waysOf returns the ways that a list takes: the names of schemes, those that
// are needed together in one text.
func (s *schemesReader) waysOf(l *list) (ways []string) {
	needs := s.root.Get("security")
	if own := memberOf(l.node, "security"); own != nil {
		needs = own
	}
	for _, need := range needs.List() {
		var names []string
		for _, m := range need.Fields {
			if s.follow(s.schemes.Get(m.Name)) != nil {
				names = append(names, m.Name)
			}
		}
		if len(names) == 0 {
			continue
		}
		slices.Sort(names)
		way := strings.Join(names, " and ")
		s.needs[way] = need
		if !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	return ways
}

// memberOf returns the value of a key, an empty list too.
func memberOf(n *document.Node, name string) *document.Node {
	for _, m := range n.Fields {
		if m.Name == name && m.Value.Shape == document.List {
			return m.Value
		}
	}
	return nil
}

// best is the way that most lists take, and of these the simplest; "" where
// there is none.
func (s *schemesReader) best(ways []string) string {
	if len(ways) == 0 {
		return ""
	}
	return slices.MinFunc(ways, func(a, b string) int {
		return cmp.Or(cmp.Compare(s.count[b], s.count[a]), cmp.Compare(s.rank(a), s.rank(b)), cmp.Compare(a, b))
	})
}

func (s *schemesReader) rank(way string) (worst int) {
	for name := range strings.SplitSeq(way, " and ") {
		scheme := s.follow(s.schemes.Get(name))
		rank := 5
		switch kind := strings.ToLower(outline.Text(scheme, "type")); {
		case kind == "http" && strings.EqualFold(outline.Text(scheme, "scheme"), "bearer"):
			rank = 0
		case kind == "apikey":
			rank = 1
		case kind == "http", kind == "basic":
			rank = 2
		case kind == "oauth2":
			rank = 3
		case kind == "openidconnect":
			rank = 4
		}
		worst = max(worst, rank)
	}
	return worst
}

// unused asks for a scheme that the document declares and nothing asks for.
func (s *schemesReader) unused() {
	for _, m := range s.schemes.Members() {
		s.needs[m.Name] = new(document.Node)
		if p := s.proof(m.Name); p.auth != nil {
			s.out.Client.Ask("auth", p.auth, fmt.Sprintf("The document declares %s, and no list says that it needs it. Does the API ask for it?", document.Clip(m.Name)))
			return
		}
	}
}

func (s *schemesReader) apply(p *proof, to, params *draft.Map) {
	switch {
	case p.auth != nil && p.question == "":
		to.Set("auth", p.auth, p.note)
	case p.auth != nil:
		to.Ask("auth", p.auth, p.question)
	case p.question != "":
		s.out.Leave("auth: %s", p.question)
	}
	for _, e := range p.headers.Entries {
		to.At("headers").Set(e.Key, e.Value, e.Note)
	}
	for _, e := range p.params.Entries {
		params.At("params").Set(e.Key, e.Value, e.Note)
	}
}

// proof reads the schemes of a way, once.
func (s *schemesReader) proof(way string) *proof {
	if p := s.made[way]; p != nil {
		return p
	}
	p := &proof{headers: new(draft.Map), params: new(draft.Map)}
	s.made[way] = p
	names := []string{way}
	if s.schemes.Get(way) == nil {
		names = strings.Split(way, " and ")
	}
	for _, name := range names {
		scheme := s.follow(s.schemes.Get(name))
		if scheme == nil {
			continue
		}
		if p.auth == nil {
			p.note = fmt.Sprintf("security scheme %s", document.Clip(name))
			s.scheme(p, name, scheme, outline.Texts(s.needs[way].Get(name)))
			continue
		}
		s.further(p, name, scheme)
	}
	return p
}

// further is a scheme that is needed besides.
func (s *schemesReader) further(p *proof, name string, scheme *document.Node) {
	key := outline.Text(scheme, "name")
	switch at := outline.Text(scheme, "in"); {
	case !strings.EqualFold(outline.Text(scheme, "type"), "apiKey"), key == "", at != "header" && at != "query", at == "header" && !outline.IsHeader(key):
		s.out.Leave("security scheme %s, which is needed besides: write it into headers or auth", document.Clip(name))
	case at == "header":
		p.headers.Set(key, s.out.Setting(keyName(key), outline.Secret(), true, "security scheme "+document.Clip(name)), "")
	default:
		p.params.Set(key, s.out.Setting(keyName(key), outline.Secret(), true, "security scheme "+document.Clip(name)), "")
	}
}

// keyName is the setting of a key that goes into a header or parameter.
func keyName(header string) string {
	return strings.TrimPrefix(outline.Name(header, "api_key"), "x_")
}

func (s *schemesReader) scheme(p *proof, name string, n *document.Node, scopes []string) {
	what := "security scheme " + document.Clip(name)
	switch strings.ToLower(outline.Text(n, "type")) {
	case "apikey":
		s.apiKey(p, n, what)
	case "basic":
		s.basic(p, "basic", what)
	case "http":
		switch scheme := strings.ToLower(outline.Text(n, "scheme")); scheme {
		case "basic", "digest":
			s.basic(p, scheme, what)
		case "bearer":
			s.bearer(p, what)
		default:
			p.question = fmt.Sprintf("%s is HTTP's %s, which has no type of auth: send it by headers", what, document.Clip(scheme))
		}
	case "oauth2":
		s.oauth2(p, n, what, scopes)
	case "openidconnect":
		s.openID(p, n, what, scopes)
	case "mutualtls":
		p.question = what + " wants a client certificate: see tls"
	default:
		p.question = fmt.Sprintf("%s has the type %s, which is not known", what, document.Clip(outline.Text(n, "type")))
	}
}

func (s *schemesReader) apiKey(p *proof, n *document.Node, what string) {
	key, at := outline.Text(n, "name"), outline.Text(n, "in")
	if key == "" || at != "query" && at != "cookie" && !outline.IsHeader(key) {
		p.question = what + " does not say in which header or parameter the key goes"
		return
	}
	note := what
	if strings.EqualFold(key, "Authorization") {
		note += ": the whole header, as Bearer and the token"
	}
	value := s.out.Setting(keyName(key), outline.Secret(), true, note)
	switch at {
	case "cookie":
		p.auth = new(draft.Map).Set("type", "api_key", "").Set("name", "Cookie", "").Set("value", outline.Literal(key)+"="+value, "").Set("in", "header", "")
	case "query":
		p.auth = new(draft.Map).Set("type", "api_key", "").Set("name", outline.Literal(key), "").Set("value", value, "").Set("in", "query", "")
	default:
		p.auth = new(draft.Map).Set("type", "api_key", "").Set("name", key, "").Set("value", value, "").Set("in", "header", "")
	}
}

func (s *schemesReader) basic(p *proof, kind, what string) {
	p.auth = new(draft.Map).Set("type", kind, "").
		Set("username", s.out.Setting("username", outline.Plain(), true, what), "").
		Set("password", s.out.Setting("password", outline.Secret(), true, ""), "")
}

func (s *schemesReader) bearer(p *proof, what string) {
	p.auth = new(draft.Map).Set("type", "bearer", "").Set("token", s.out.Setting("token", outline.Secret(), true, what), "")
}

// flow is one way to get a token.
type flow struct{ grant, tokenURL string }

// flows returns those of a scheme, the best for a program first.
func (s *schemesReader) flows(n *document.Node) (list []flow) {
	grants := []struct{ name, old, grant string }{
		{"clientCredentials", "application", "client_credentials"},
		{"authorizationCode", "accessCode", "refresh_token"},
		{"password", "password", "password"},
		{"implicit", "implicit", ""},
	}
	for _, g := range grants {
		if s.old && outline.Text(n, "flow") == g.old {
			return []flow{{g.grant, outline.Text(n, "tokenUrl")}}
		}
		if f := n.Get("flows").Get(g.name); f != nil && !s.old {
			list = append(list, flow{g.grant, outline.Text(f, "tokenUrl")})
		}
	}
	return list
}

func (s *schemesReader) oauth2(p *proof, n *document.Node, what string, scopes []string) {
	list := s.flows(n)
	if len(list) == 0 || list[0].grant == "" || list[0].tokenURL == "" {
		s.bearer(p, what+", which does not say where a program gets a token")
		return
	}
	f := list[0]
	p.note = fmt.Sprintf("%s, flow %s", what, f.grant)
	p.auth = s.grant(f.grant, s.tokenURL(f.tokenURL), p.note, scopes)
}

// grant writes an auth of type oauth2.
func (s *schemesReader) grant(grant, tokenURL, what string, scopes []string) *draft.Map {
	m := new(draft.Map).Set("type", "oauth2", "").Set("grant", grant, "").Set("token_url", tokenURL, "")
	if grant != "password" {
		m.Set("client_id", s.out.Setting("client_id", outline.Plain(), true, what), "")
		m.Set("client_secret", s.out.Setting("client_secret", outline.Secret(), grant == "client_credentials", ""), "")
	}
	switch grant {
	case "refresh_token":
		m.Set("refresh_token", s.out.Setting("refresh_token", outline.Secret(), true, "of an authorization in a browser, done once"), "")
	case "password":
		m.Set("username", s.out.Setting("username", outline.Plain(), true, what), "")
		m.Set("password", s.out.Setting("password", outline.Secret(), true, ""), "")
	}
	if len(scopes) > 0 && grant != "refresh_token" {
		list := make([]any, len(scopes))
		for i, scope := range scopes {
			list[i] = outline.Literal(scope)
		}
		m.Set("scopes", list, "")
	}
	return m
}

// tokenURL is absolute, or relative to the server.
func (s *schemesReader) tokenURL(address string) string {
	if isWeb(address) {
		return outline.Literal(outline.WithoutUser(address))
	}
	u, err := url.Parse(address)
	if err != nil || u.IsAbs() || u.Host != "" {
		return s.out.Setting("token_url", outline.Plain().Set("format", "uri", ""), true, "where tokens are got; the document says "+outline.Line(address))
	}
	return s.base + "/" + strings.TrimPrefix(outline.Literal(u.EscapedPath()), "/")
}

// openID asks for what only the provider's own document says.
func (s *schemesReader) openID(p *proof, n *document.Node, what string, scopes []string) {
	p.auth = new(draft.Map).Set("type", "oauth2", "").Set("grant", "client_credentials", "").
		Set("token_url", s.out.AskSetting("token_url", outline.Plain().Set("format", "uri", "")), "").
		Set("client_id", s.out.AskSetting("client_id", outline.Plain()), "").
		Set("client_secret", s.out.AskSetting("client_secret", outline.Secret()), "")
	p.question = fmt.Sprintf("%s is OpenID Connect: what is the token_endpoint in %s, and which grant may this client use?", what, outline.Line(outline.Text(n, "openIdConnectUrl")))
}

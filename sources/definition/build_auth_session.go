package definition

import (
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// ofLogin are the names that what is sent of a login may use.
var ofLogin = []string{"config", "partition", "window", "page", "auth", "now", "response", "headers", "cookies"}

var sessionAuthKeys = []key{
	{name: "login", kind: aMap, of: loginObject, need: true, doc: "The login request; see Login."},
	{name: "send", kind: aMap, of: sendObject, def: "the login's cookies alone", doc: "What goes with every request, besides the cookies that the login set; see Send."},
	{name: "ttl", kind: aWait, def: "until it is refused", doc: "How long a login holds."},
	{name: "margin", kind: aDuration, def: "30s", doc: "It is renewed so long before that, a tenth of `ttl` at most."},
	{name: "expired", kind: aCondition, scope: sources.InResponse, def: "an answer 401", doc: "Template over an answer, which means that the login holds no longer."},
}

var loginObject = &object{name: "Login", check: loginOfRun, keys: []key{
	{name: "path", kind: aTemplate, only: ofRun, need: true, doc: "Appended to `base_url`, or an absolute URL."},
	{name: "method", kind: aChoice, enum: []string{"GET", "POST", "PUT", "PATCH"}, def: "POST", doc: "HTTP method."},
	{name: "headers", kind: params, only: ofRun, doc: "Headers: names to templates."},
	{name: "params", kind: params, only: ofRun, doc: "Query parameters: names to templates."},
	{name: "body", kind: aMap, of: bodyObject, doc: "What is sent; see Body."},
	{name: "ok", kind: aCondition, scope: sources.InLogin, only: []string{"config", "response", "headers", "cookies"},
		def: "a status 2xx, no HTML, and what `send` needs", doc: "Template over the answer: the login went well, whatever the answer is."},
}}

// sessionOf builds a session; base is what its path is appended to.
func sessionOf(n, base *document.Node) *sources.SessionLogin {
	login := n.Get("login")
	s := &sources.SessionLogin{Login: loginOf(login), OK: document.Value[*expr.Template](login, "ok")}
	if base != nil {
		s.BaseURL, _ = base.Read.(*expr.Template)
	}
	return s
}

func loginOf(n *document.Node) sources.Request {
	return sources.Request{
		Method:  document.ValueOr(n, "method", "POST"),
		Path:    document.Value[*expr.Template](n, "path"),
		Params:  paramsOf(n.Get("params")),
		Headers: paramsOf(n.Get("headers")),
		Body:    bodyOf(n.Get("body")),
	}
}

// loginOfRun checks that a login is one for all requests.
func loginOfRun(r *reader, n *document.Node, _ *object) {
	s := &sources.SessionLogin{Login: loginOf(n)}
	s.EachTemplate(func(t *expr.Template) {
		if body := n.Get("body"); body != nil && sources.PerRequest(t) {
			r.Problem(body, "a login is made once for all requests: %s can use only config and now", document.Clip(t.Source()))
		}
	})
}

package definition

import (
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
)

// sessionKeys are those of the requests that begin and end a session.
func sessionKeys(method string, verbs ...string) []key {
	return []key{
		{name: "path", kind: aTemplate, need: true, doc: "As a stream's."},
		{name: "method", kind: aChoice, enum: verbs, def: method, doc: "HTTP method."},
		{name: "params", kind: params, doc: "As a stream's."},
		{name: "headers", kind: params, doc: "As a stream's."},
		{name: "body", kind: aMap, of: bodyObject, doc: "As a stream's."},
	}
}

var openObject = &object{name: "Open", keys: append(sessionKeys("POST", "POST", "GET", "PUT", "PATCH"),
	key{name: "session", kind: aRef, scope: sources.InResponse, def: "all of the answer", doc: "What of its answer requests see as `page.session`."})}

var closeObject = &object{name: "Close", keys: sessionKeys("DELETE", "DELETE", "POST", "GET", "PUT", "PATCH")}

// session builds what the server keeps of a walk, and checks it.
func (b *builder) session(n *document.Node) sources.Session {
	s := sources.Session{Keeps: document.Value[bool](n, "session")}
	if open := n.Get("open"); open != nil && open.Shape == document.Map {
		s.Open = &sources.Opening{Request: b.request(open), Value: document.Value[sources.Ref](open, "session")}
	}
	if end := n.Get("close"); end != nil && end.Shape == document.Map {
		r := b.request(end)
		s.Close = &r
		if s.Open == nil && !s.Keeps {
			b.Problem(end, "ends a session, but nothing begins one: needs open, or session: true where the first page does")
		}
	}
	return s
}

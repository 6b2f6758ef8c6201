package sources

import (
	"slices"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/pattern"
)

// Uses reports whether a template of the stream's requests uses the name.
func (s *Stream) Uses(name string) bool {
	return asks(s, func(t *expr.Template) bool { return t.Uses(name) })
}

// Reads reports whether a template of the stream's requests looks at a member of the
// name's value.
func (s *Stream) Reads(name, member string) bool { return reads(s, name, member) }

// reads reports whether a template of the stream's requests looks at a member
// of the name's value.
func reads(s *Stream, name, member string) bool {
	return asks(s, func(t *expr.Template) bool {
		return slices.ContainsFunc(t.Reads(name), func(keys []string) bool { return len(keys) == 0 || keys[0] == member })
	})
}

// UsesSession reports whether a template looks at page.session.
func (s *Stream) UsesSession() (uses bool) {
	s.EachTemplate(func(t *expr.Template) {
		uses = uses || slices.ContainsFunc(t.Reads("page"), func(keys []string) bool { return len(keys) > 0 && keys[0] == "session" })
	})
	return uses
}

// SendsSession reports whether a request for a page may carry page.session.
func (s *Stream) SendsSession() bool {
	pages := *s
	pages.Pagination.Session = Session{}
	return reads(&pages, "page", "session")
}

// EachTemplate hands out the templates of the stream's requests, of how it reads
// the answers, and of keep and add.
func (s *Stream) EachTemplate(visit func(*expr.Template)) {
	all := func(t *expr.Template) bool {
		visit(t)
		return false
	}
	s.EachOfRequests(visit)
	anyParam(s.Records.Add, all)
	ends := &s.Pagination.Ends
	others := append(s.Pagination.Export.conditions(), s.Records.Keep, s.Pagination.Session.template(), s.Pagination.Next.Template, ends.More.Template, ends.Total.Template, ends.TotalPages.Template, ends.Stop, s.Call.Cost)
	for _, c := range s.Pagination.Cursors {
		others = append(others, c.Ref.Template)
	}
	for _, limit := range s.Client.RateLimits {
		others = append(others, limit.Remaining, limit.Reset)
	}
	for _, rule := range s.Call.Errors {
		others = append(others, rule.When, rule.Wait, rule.Message)
	}
	for _, t := range others {
		if t != nil {
			visit(t)
		}
	}
}

// EachOfRequests hands out the templates that make the stream's requests, those
// that prove who asks among them.
func (s *Stream) EachOfRequests(visit func(*expr.Template)) {
	asks(s, func(t *expr.Template) bool {
		visit(t)
		return false
	})
	if a := s.Client.Auth; a != nil {
		a.EachTemplate(visit)
	}
	for _, part := range s.Client.TLS.Parts() {
		visit(part.Template)
	}
}

// HasFallback reports whether a template says what holds where a value is
// missing.
func HasFallback(t *expr.Template) bool { return without().MatchString(t.Source()) }

// without matches a template that says what holds where a value is missing.
var without = pattern.New(`\b(?:default|d|defined|undefined|none|get|if|or)\b`)

// ContextPaths returns where in the values of a context the templates look, below
// their names: [account, id] for partition.account.id, [shop] for partition.shop. Templates that say what
// holds where there is nothing are not among them.
func (s *Stream) ContextPaths() (paths [][]string) { return contextPaths(s.EachTemplate) }

// AskedPaths are those of the templates that make requests.
func (s *Stream) AskedPaths() [][]string { return contextPaths(s.EachOfRequests) }

func contextPaths(each func(func(*expr.Template))) (paths [][]string) {
	each(func(t *expr.Template) {
		for _, keys := range t.Reads("partition") {
			if len(keys) > 0 && !HasFallback(t) {
				paths = append(paths, keys)
			}
		}
	})
	return paths
}

// EndsWindow reports whether requests say where their window ends.
func (s *Stream) EndsWindow() bool { return s.Incremental != nil && reads(s, "window", "end") }

// asks reports whether a template of the stream's requests is one of those.
func asks(s *Stream, is func(*expr.Template) bool) bool {
	return s.Client.BaseURL != nil && is(s.Client.BaseURL) || s.Request.asks(is) ||
		s.Pagination.AfterFirst != nil && s.Pagination.AfterFirst.asks(is) ||
		s.Pagination.Session.each(func(r *Request) bool { return r.asks(is) }) ||
		s.Pagination.Export.each(func(r *Request) bool { return r.asks(is) })
}

// Uses reports whether a template of the request uses the name.
func (r *Request) Uses(name string) bool {
	return r.asks(func(t *expr.Template) bool { return t.Uses(name) })
}

func (r *Request) asks(is func(*expr.Template) bool) bool {
	return r.Path != nil && is(r.Path) || anyParam(r.Params, is) || anyParam(r.Headers, is) || r.Body != nil && r.Body.Tree().any(is)
}

func anyParam(list []Param, is func(*expr.Template) bool) bool {
	return slices.ContainsFunc(list, func(p Param) bool { return p.Value.any(is) })
}

// PerRequest reports whether a template depends on the request under way.
func PerRequest(t *expr.Template) bool {
	return t.Uses("page") || t.Uses("partition") || t.Uses("window") || t.Uses("auth")
}

// counting matches a filter that counts.
var counting = pattern.New(`\|\s*(?:length|count)\b`)

// StopCounts reports whether stop goes by how many records came, and by nothing
// else: that is a guess where the data end, and not a choice where to. What a
// page of few records means is up to the API, which may give fewer than it is
// asked for.
func (p *Pagination) StopCounts() bool {
	stop := p.Ends.Stop
	if stop == nil || slices.ContainsFunc([]string{"window", "partition", "now", "headers"}, stop.Uses) {
		return false
	}
	lengths := len(stop.Reads("response"))
	if lengths != len(counting().FindAllString(stop.Source(), -1)) {
		return false
	}
	records := lengths > 0
	for _, keys := range stop.Reads("page") {
		if len(keys) == 0 || keys[0] != "records" && keys[0] != "size" {
			return false
		}
		records = records || keys[0] == "records"
	}
	return records
}

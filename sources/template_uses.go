package sources

import (
	"regexp"
	"slices"

	"github.com/tap-rest/tap-rest/sources/expr"
)

// Uses reports whether a template of the stream's requests uses the name.
func (s *Stream) Uses(name string) bool {
	return asks(s, func(t *expr.Template) bool { return t.Uses(name) })
}

// reads reports whether a template of the stream's requests looks at a member
// of the name's value.
func reads(s *Stream, name, member string) bool {
	return asks(s, func(t *expr.Template) bool {
		return slices.ContainsFunc(t.Reads(name), func(keys []string) bool { return len(keys) == 0 || keys[0] == member })
	})
}

// EachTemplate hands out the templates of the stream's requests, and of keep and
// add.
func (s *Stream) EachTemplate(visit func(*expr.Template)) {
	all := func(t *expr.Template) bool {
		visit(t)
		return false
	}
	asks(s, all)
	anyParam(s.Records.Add, all)
	if s.Records.Keep != nil {
		visit(s.Records.Keep)
	}
}

// EndsWindow reports whether requests say where their window ends.
func (s *Stream) EndsWindow() bool { return s.Incremental != nil && reads(s, "window", "end") }

// asks reports whether a template of the stream's requests is one of those.
func asks(s *Stream, is func(*expr.Template) bool) bool {
	return s.Client.BaseURL != nil && is(s.Client.BaseURL) || s.Request.asks(is) ||
		s.Pagination.AfterFirst != nil && s.Pagination.AfterFirst.asks(is)
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
var counting = regexp.MustCompile(`\|\s*(?:length|count)\b`)

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
	if lengths != len(counting.FindAllString(stop.Source(), -1)) {
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

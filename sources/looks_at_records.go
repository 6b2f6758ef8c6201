package sources

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/sources/expr"
)

// LooksAtRecords returns the first key of the stream whose value may depend on
// what lies at the place of the records in an answer, "" where none does: such
// a key needs the whole of an answer. It errs on the side of "may".
func (s *Stream) LooksAtRecords() string {
	place := plainKeys(s.Records.Steps[0])
	p := &s.Pagination
	refs := []namedRef{{"pagination.next", p.Next}, {"pagination.more", p.Ends.More}, {"pagination.total", p.Ends.Total},
		{"pagination.total_pages", p.Ends.TotalPages}, {"pagination.connection", p.PageInfo()}, {"pagination.stop", Ref{Template: p.Ends.Stop}}, {"keep", Ref{Template: s.Records.Keep}}, {"cost", Ref{Template: s.Call.Cost}}}
	for _, c := range p.Cursors {
		refs = append(refs, namedRef{"pagination.next." + c.Name, c.Ref})
	}
	for _, limit := range s.Client.RateLimits {
		refs = append(refs, namedRef{"rate_limit.remaining", Ref{Template: limit.Remaining}}, namedRef{"rate_limit.reset", Ref{Template: limit.Reset}})
	}
	for i := range s.Call.Errors {
		rule, key := &s.Call.Errors[i], fmt.Sprintf("errors.%d", i)
		refs = append(refs, namedRef{key + ".when", Ref{Template: rule.When}}, namedRef{key + ".wait", Ref{Template: rule.Wait}},
			namedRef{key + ".message", Ref{Template: rule.Message}})
	}
	if s.Incremental != nil {
		refs = append(refs, namedRef{"incremental.bookmark", s.Incremental.Bookmark})
	}
	if b := s.Request.Body; b != nil && b.Kind == BodyGraphQL {
		refs = append(refs, namedRef{"body.graphql", Ref{Path: "errors"}}) // a built-in rule asks for them
	}
	for _, r := range refs {
		if r.ref.looksAt(place) {
			return r.key
		}
	}
	for _, p := range s.Records.Add {
		if p.Value.any(func(t *expr.Template) bool { return templateLooksAt(t, place) }) {
			return "add." + p.Name
		}
	}
	return ""
}

// Place returns the keys that lead to the records in an answer, as far as they
// are plain; none where the records are the answer.
func (r Records) Place() []string { return plainKeys(r.Steps[0]) }

// Place are the keys that lead to what a path is of, as far as they are plain.
func (r Ref) Place() []string { return plainKeys(r.Path) }

type namedRef struct {
	key string
	ref Ref
}

func (r Ref) looksAt(place []string) bool {
	if r.Path != "" {
		return meet(plainKeys(r.Path), place)
	}
	return r.Template != nil && templateLooksAt(r.Template, place)
}

func templateLooksAt(t *expr.Template, place []string) bool {
	for _, keys := range t.Reads("response") {
		if meet(keys, place) {
			return true
		}
	}
	return false
}

// meet reports whether of two places one may lie in the other: they are the
// same as far as both are told.
func meet(a, b []string) bool {
	for i := range min(len(a), len(b)) {
		if !sameKey(a[i], b[i]) {
			return false
		}
	}
	return true
}

// sameKey reports whether two keys are equal, or the same index.
func sameKey(a, b string) bool {
	if a == b {
		return true
	}
	n, errA := strconv.ParseUint(a, 10, 31)
	m, errB := strconv.ParseUint(b, 10, 31)
	return errA == nil && errB == nil && n == m
}

// plainKeys are the keys and indexes that a gjson path begins with, up to the
// first part that is a query, a wildcard, a modifier or a pipe.
func plainKeys(path string) (keys []string) {
	if path == "@this" {
		return nil
	}
	var key strings.Builder
	start := true
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c == '.':
			keys = append(keys, key.String())
			key.Reset()
			start = true
			continue
		case c == '\\' && i+1 < len(path):
			i++
		case strings.IndexByte("#*?|", c) >= 0, start && strings.IndexByte("@![{", c) >= 0:
			return keys
		}
		key.WriteByte(path[i])
		start = false
	}
	return append(keys, key.String())
}

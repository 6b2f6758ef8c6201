package foreign

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/sources/pattern"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

func (s *sling) records(e *endpoint, m *draft.Map) {
	records := s.of(e, "response", "records")
	if path := s.path(e.place+"response.records.jmespath", outline.Text(records, "jmespath")); path != "" {
		m.Set("records", path, "")
	}
	if keys := names(e.node.Get("response").Get("records").Get("primary_key")); len(keys) > 0 && m.Get("primary_key") == nil {
		m.Set("primary_key", keys, "")
	}
	if field := s.field(e.place+"response.records.update_key", outline.Text(records, "update_key")); field != "" || e.node.Has("sync") {
		m.Ask("replication_key", cmp.Or(field, "updated_at"), "Which field says when a record changed? With it, what is sent as {{ window.start }} above reads only what is new.")
		m.Ask("incremental", new(draft.Map).Set("start", "2020-01-01T00:00:00Z", ""), "")
	}
	s.others(e.place+"response.records.", e.node.Get("response").Get("records"), "jmespath", "primary_key", "update_key")
}

var (
	nextNumber = pattern.New(`^state\.(\w+) ?\+ ?1$`)
	nextOffset = pattern.New(`^state\.(\w+) ?\+ ?(?:state\.(\w+)|(\d{1,6})|length\(response\.records\))$`)
	nextToken  = pattern.New(`^response\.json\.([A-Za-z0-9_.@]+)$`)
	lastRecord = pattern.New(`^response\.records\[-1\]\.(\w+)$`)
)

// paging writes how the state goes on, and returns the parameter that carries
// it. It is nil where there is one answer, or what is computed is asked.
func (s *sling) paging(e *endpoint, m *draft.Map) (paging *draft.Map, param string) {
	n := s.of(e, "pagination")
	next := n.Get("next_state").Members()
	if len(next) == 0 {
		return nil, ""
	}
	state := next[0]
	text := cmp.Or(only(state.Value.Text), strings.TrimSpace(state.Value.Text))
	for _, f := range joinedMembers(s.defaults.Get("request").Get("parameters"), s.of(e, "request", "parameters")) {
		if only(f.Value.Text) == "state."+state.Name {
			param = f.Name
		}
	}
	start := s.of(e, "state", state.Name)
	paging = new(draft.Map)
	var size *document.Node
	switch {
	case len(next) > 1:
	case nextNumber().MatchString(text) && param != "":
		paging.Set("type", "page", "").Set("param", param, "").Set("start", number(start, 1), "")
	case nextOffset().MatchString(text) && param != "":
		paging.Set("type", "offset", "").Set("param", param, "").Set("start", number(start, 0), "")
		size = s.of(e, "state", cmp.Or(nextOffset().FindStringSubmatch(text)[2], "limit"))
	case nextToken().MatchString(text):
		path := s.path(e.place+"pagination.next_state", nextToken().FindStringSubmatch(text)[1])
		if path == "" || path == "@this" {
			break
		}
		if param != "" {
			paging.Set("type", "cursor", "").Set("next", path, "").Set("param", param, "")
		} else {
			paging.Set("type", "next_url", "").Set("next", path, "")
		}
	case lastRecord().MatchString(text) && param != "":
		field := lastRecord().FindStringSubmatch(text)[1]
		paging.Set("type", "keyset", "").Set("field", outline.Path(field), "").Set("param", param, "")
		m.Set("primary_key", []any{field}, "the pages go by it")
	}
	if len(paging.Entries) == 0 {
		m.Ask("pagination", new(draft.Map).Set("type", "cursor", "").Set("next", "next", "").Set("param", "cursor", ""), "How do the pages go on? The spec computes "+outline.Line(state.Name+": "+state.Value.Text))
		return nil, ""
	}
	if size != nil {
		for _, f := range joinedMembers(s.defaults.Get("request").Get("parameters"), s.of(e, "request", "parameters")) {
			if only(f.Value.Text) == "state."+size.Step && number(size, 0) > 1 {
				sized(paging, f.Name, number(size, 0))
			}
		}
	}
	if stop := outline.Text(n, "stop_condition"); stop != "" && !strings.Contains(stop, "length(response.records)") {
		s.out.Leave("%spagination.stop_condition: %s; more or stop may say it", e.place, outline.Line(stop))
	}
	return paging, param
}

func number(n *document.Node, other int) int {
	if n == nil {
		return other
	}
	if v, err := strconv.Atoi(n.Text); err == nil && v >= 0 && v <= 1_000_000 {
		return v
	}
	return other
}

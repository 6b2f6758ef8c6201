package foreign

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

func (d *dlt) actions(x *resource, m *draft.Map) {
	var rules []any
	for i, n := range d.of(x, "response_actions").List() {
		status := whole(n, "status_code")
		if outline.Text(n, "action") != "ignore" || n.Has("content") || status < 100 || status > 599 {
			d.out.Leave("%sendpoint.response_actions[%d]: see Error rule in FORMAT.md", x.place, i)
			continue
		}
		rules = append(rules, new(draft.Map).Set("status", status, "").Set("do", "end", ""))
	}
	if len(rules) > 0 {
		m.Set("errors", rules, "")
	}
}

func (d *dlt) pages(x *resource, m *draft.Map) {
	n := d.of(x, "paginator")
	paging := d.paging(x.place+"endpoint.paginator", n)
	switch {
	case paging != nil:
		m.Set("pagination", paging, "")
		moving(m, paging)
	case d.paged != nil:
		moving(m, &draft.Map{Entries: slices.Clone(d.paged.Entries)})
	case n == nil || n.Text == "auto" || outline.Text(n, "type") == "auto":
		m.Ask("pagination", new(draft.Map).Set("type", "link_header", ""), "How do the pages go on? dlt finds that out from each answer.")
	}
}

// paging writes a paginator; nil where there is none, or dlt is to find out.
func (d *dlt) paging(place string, n *document.Node) *draft.Map {
	if n == nil {
		return nil
	}
	kind := n.Text
	if n.Shape == document.Map {
		kind = outline.Text(n, "type")
	}
	n = mapOnly(n)
	text := func(key, other string) string { return cmp.Or(outline.Text(n, key), other) }
	at := func(key, other string) string { return d.path(place+"."+key, text(key, other)) }
	m := new(draft.Map)
	switch kind {
	case "auto", "":
		return nil
	case "single_page":
		return m.Set("type", "none", "")
	case "json_link", "json_response":
		m.Set("type", "next_url", "").Set("next", cmp.Or(at("next_url_path", "next"), "next"), "")
	case "header_link":
		m.Set("type", "link_header", "")
		if rel := text("links_next_key", "next"); rel != "next" {
			m.Set("rel", rel, "")
		}
	case "header_cursor":
		m.Set("type", "cursor", "").Set("next", "header:"+text("cursor_key", "next"), "").Set("param", text("cursor_param", "cursor"), "")
		if !outline.IsHeader(text("cursor_key", "next")) {
			return nil
		}
	case "cursor":
		m.Set("type", "cursor", "").Set("next", cmp.Or(at("cursor_path", "cursors.next"), "cursors.next"), "")
		d.carrier(m, n, "cursor_param", "cursor_body_path", "cursor")
	case "page_number":
		m.Set("type", "page", "").Set("start", max(whole(n, "base_page"), whole(n, "page")), "")
		d.carrier(m, n, "page_param", "page_body_path", "page")
		if path := at("total_path", "total"); path != "" && !isNull(n, "total_path") {
			m.Set("total_pages", path, "")
		}
	case "offset":
		m.Set("type", "offset", "")
		d.carrier(m, n, "offset_param", "offset_body_path", "offset")
		sized(m, text("limit_param", "limit"), whole(n, "limit"))
		if path := at("total_path", "total"); path != "" && !isNull(n, "total_path") {
			m.Set("total", path, "")
		}
	default:
		d.out.Leave("%s: the type %s is not known; see Pagination in FORMAT.md", place, document.Clip(kind))
		return nil
	}
	if more := outline.Text(n, "has_more_path"); more != "" {
		if path := at("has_more_path", ""); path != "" {
			m.Set("more", path, "")
		}
	}
	d.others(place+".", n, "type", "next_url_path", "links_next_key", "cursor_key", "cursor_param", "cursor_path", "cursor_body_path", "base_page", "page", "page_param", "page_body_path", "offset", "offset_param", "offset_body_path", "limit", "limit_param", "total_path", "has_more_path", "stop_after_empty_page")
	return m
}

// isNull reports whether a key is there and null.
func isNull(n *document.Node, key string) bool {
	return slices.ContainsFunc(n.Members(), func(m document.Member) bool { return m.Name == key && m.Value.Shape == document.Null })
}

func (d *dlt) carrier(m *draft.Map, n *document.Node, param, body, other string) {
	if path := outline.Text(n, body); path != "" {
		if keys, ok := pathOf(path); ok && !strings.ContainsAny(keys, `\@#|*?`) {
			m.Set("body", keys, "")
			return
		}
		d.out.Leave("%s: %s is no path of keys", body, document.Clip(path))
	}
	m.Set("param", cmp.Or(outline.Text(n, param), other), "")
}

// auth writes an auth; nil where there is none.
func (d *dlt) auth(n *document.Node, place string) *draft.Map {
	if n == nil {
		return nil
	}
	m := new(draft.Map)
	kind := n.Text
	if n.Shape == document.Map {
		if kind = outline.Text(n, "type"); kind == "" && n.Has("token") {
			kind = "bearer"
		}
	}
	n = mapOnly(n)
	text := func(key string) string { return outline.Text(n, key) }
	switch kind {
	case "bearer":
		return m.Set("type", "bearer", "").Set("token", d.secret("token", text("token"), place+"auth"), "")
	case "http_basic":
		return m.Set("type", "basic", "").Set("username", d.plain("username", text("username"), place+"auth"), "").Set("password", d.secret("password", text("password"), ""), "")
	case "api_key":
		name := cmp.Or(text("name"), "Authorization")
		value := d.secret("api_key", text("api_key"), place+"auth")
		switch location := text("location"); {
		case location == "query" || location == "param":
			return m.Set("type", "api_key", "").Set("name", outline.Literal(name), "").Set("value", value, "").Set("in", "query", "")
		case location == "cookie":
			return m.Set("type", "api_key", "").Set("name", "Cookie", "").Set("value", outline.Literal(name)+"="+value, "").Set("in", "header", "")
		case outline.IsHeader(name):
			return m.Set("type", "api_key", "").Set("name", name, "").Set("value", value, "").Set("in", "header", "")
		}
	case "oauth2_client_credentials":
		address := outline.WithoutUser(text("access_token_url"))
		token := outline.Literal(address)
		if !isAbsolute(address) {
			token = d.plain("access_token_url", "", place+"auth")
		}
		m.Set("type", "oauth2", "").Set("grant", "client_credentials", "").Set("token_url", token, "").
			Set("client_id", d.plain("client_id", text("client_id"), place+"auth"), "").Set("client_secret", d.secret("client_secret", text("client_secret"), ""), "")
		setSent(m, "extra", d.sent(n.Get("access_token_request_data"), "access_token_request_data", false))
		return m
	}
	d.out.Leave("%sauth: the type %s is not known; see Auth in FORMAT.md", place, document.Clip(kind))
	return nil
}

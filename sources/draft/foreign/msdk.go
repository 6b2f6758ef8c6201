package foreign

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/pattern"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

// LooksLikeMSDK reports whether a text is a config of tap-rest-api-msdk.
func LooksLikeMSDK(data []byte) bool {
	return bytes.Contains(data, []byte("api_url")) && bytes.Contains(data, []byte("streams"))
}

// ofStream are keys that a stream inherits from the whole config.
var ofStream = []string{"name", "path", "params", "headers", "records_path", "primary_keys", "replication_key", "start_date", "source_search_field", "source_search_query", "schema", "num_inference_records"}

// ofClient are those of the config alone.
var ofClient = []string{"api_url", "streams", "auth_method", "api_keys", "client_id", "client_secret", "username", "password", "bearer_token", "refresh_token", "grant_type", "scope", "access_token_url", "oauth_extras", "oauth_expiration_secs", "aws_credentials", "redirect_uri", "next_page_token_path", "pagination_request_style", "pagination_response_style", "pagination_page_size", "pagination_next_page_param", "pagination_limit_per_page_param", "pagination_total_limit_param", "pagination_initial_offset", "offset_records_jsonpath", "use_request_body_not_params", "backoff_type", "backoff_param", "backoff_time_extension"}

// ReadMSDK makes a definition of a config of tap-rest-api-msdk, as JSON or YAML,
// or of a meltano.yml that has it.
func ReadMSDK(file string, data []byte) (*draft.Definition, error) {
	root, err := outline.Parse(file, data)
	if err != nil {
		return nil, err
	}
	for _, plugin := range root.Get("plugins").Get("extractors").List() {
		if config := plugin.Get("config"); config.Has("api_url") {
			root = config
		}
	}
	if !root.Has("api_url") {
		return nil, fmt.Errorf("%s:%d: no config of tap-rest-api-msdk: the key api_url is missing", file, root.Line)
	}
	list := root.Get("streams").List()
	if len(list) == 0 || list[0].Shape != document.Map {
		return nil, noStreams(file, root, "streams")
	}
	address := outline.Text(root, "api_url")
	r := newReader(outline.Text(list[0], "name"), "the config of tap-rest-api-msdk "+outline.Line(file))
	r.out.Name = outline.Name(regexp.MustCompile(`^https?://(?:www\.|api\.)?|[.:/].*$`).ReplaceAllString(address, ""), "api")
	if environment().MatchString(address) {
		address = ""
	}
	r.out.Client.Set("base_url", r.out.BaseURL(address, "", "api_url"), "")
	setSent(r.out.Client, "headers", r.sent(root.Get("headers"), "header", true))
	r.msdkAuth(root)
	r.others("", root, append(slices.Clone(ofStream), ofClient...)...)
	taken := outline.Names{}
	for i, n := range list {
		if n.Shape == document.Map {
			r.msdkStream(root, n, i, taken)
		}
	}
	return r.out.Definition()
}

func (r *reader) msdkAuth(root *document.Node) {
	text := func(key string) string { return outline.Text(root, key) }
	auth := new(draft.Map)
	switch method := text("auth_method"); method {
	case "", "no_auth":
		return
	case "api_key":
		for _, f := range root.Get("api_keys").Members() {
			if !outline.IsHeader(f.Name) {
				r.out.Leave("api_keys.%s: not the name of a header", document.Clip(f.Name))
				continue
			}
			value := r.secret(f.Name, f.Value.Text, "api_keys")
			if len(auth.Entries) > 0 {
				r.out.Client.At("headers").Set(f.Name, value, "")
				continue
			}
			auth.Set("type", "api_key", "").Set("name", f.Name, "").Set("value", value, "").Set("in", "header", "")
		}
	case "basic":
		auth.Set("type", "basic", "").Set("username", r.plain("username", text("username"), ""), "").Set("password", r.secret("password", text("password"), ""), "")
	case "bearer_token":
		auth.Set("type", "bearer", "").Set("token", r.secret("bearer_token", text("bearer_token"), ""), "")
	case "oauth":
		r.msdkOAuth(auth, root)
	case "aws":
		aws := root.Get("aws_credentials")
		auth.Set("type", "aws_sigv4", "").Set("access_key", r.secret("aws_access_key_id", outline.Text(aws, "aws_access_key_id"), ""), "").
			Set("secret_key", r.secret("aws_secret_access_key", outline.Text(aws, "aws_secret_access_key"), ""), "").
			Set("region", r.plain("aws_region", outline.Text(aws, "aws_region"), ""), "").Set("service", r.plain("aws_service", outline.Text(aws, "aws_service"), ""), "")
	default:
		r.out.Leave("auth_method %s: see Auth in FORMAT.md", document.Clip(method))
	}
	if len(auth.Entries) > 0 {
		r.out.Client.Set("auth", auth, "auth_method")
	}
}

func (r *reader) msdkOAuth(auth *draft.Map, root *document.Node) {
	text := func(key string) string { return outline.Text(root, key) }
	grant := cmp.Or(text("grant_type"), "client_credentials")
	if grant != "password" && grant != "refresh_token" {
		grant = "client_credentials"
	}
	token := r.plain("access_token_url", outline.WithoutUser(text("access_token_url")), "")
	if isAbsolute(text("access_token_url")) {
		token = outline.Literal(outline.WithoutUser(text("access_token_url")))
	}
	auth.Set("type", "oauth2", "").Set("grant", grant, "").Set("token_url", token, "").
		Set("client_id", r.plain("client_id", text("client_id"), ""), "").Set("client_secret", r.secret("client_secret", text("client_secret"), ""), "")
	switch grant {
	case "refresh_token":
		auth.Set("refresh_token", r.secret("refresh_token", text("refresh_token"), ""), "")
	case "password":
		auth.Set("username", r.plain("username", text("username"), ""), "").Set("password", r.secret("password", text("password"), ""), "")
	}
	if scope := text("scope"); scope != "" && grant != "refresh_token" {
		auth.Set("scopes", outline.Literal(scope), "")
	}
	setSent(auth, "extra", r.sent(root.Get("oauth_extras"), "oauth_extras", false))
}

func (r *reader) msdkStream(root, n *document.Node, at int, taken outline.Names) {
	key := func(name string) *document.Node {
		if v := n.Get(name); v != nil {
			return v
		}
		return root.Get(name)
	}
	text := func(name string) string {
		if v := key(name); v != nil && v.Scalar() {
			return v.Text
		}
		return ""
	}
	place := fmt.Sprintf("streams[%d].", at)
	s := &outline.Stream{Map: new(draft.Map), Name: taken.Free(outline.Name(text("name"), "stream")), Place: place}
	m := s.Map
	m.Set("name", s.Name, "")
	m.Set("path", pathTemplate(text("path"), func(name string) string { return r.variable(name, false) }), "")
	setSent(m, "headers", r.sent(n.Get("headers"), place+"headers", true))
	setSent(m, "params", joined(r.sent(root.Get("params"), "params", false), r.sent(n.Get("params"), place+"params", false)))
	if path := r.path(place+"records_path", text("records_path")); path != "" && path != "@this" {
		m.Set("records", path, "")
	}
	if keys := names(key("primary_keys")); len(keys) > 0 {
		m.Set("primary_key", keys, "")
	}
	r.msdkPaging(root, m)
	r.msdkIncremental(m, text)
	if key("schema") != nil {
		r.out.Leave("%sschema: without one it is inferred; a file of JSON Schema goes into the key schema", place)
	}
	r.others(place, n, ofStream...)
	r.out.Streams = append(r.out.Streams, s)
}

// msdkIncremental has the query that asks for what is new, or the order that
// the other program asks for.
func (r *reader) msdkIncremental(m *draft.Map, text func(string) string) {
	field := r.field("replication_key", text("replication_key"))
	if field == "" {
		return
	}
	m.Set("replication_key", field, "")
	incremental := new(draft.Map)
	start := text("start_date")
	incremental.Set("start", startOf(start), "")
	if name, query := text("source_search_field"), text("source_search_query"); name != "" && strings.Contains(query, "last_run_date") {
		query = lastRun().ReplaceAllString(outline.Literal(strings.ReplaceAll(query, "$$", "$")), "{{ window.start }}")
		m.At("params").Set(name, query, "source_search_query")
	} else {
		incremental.Set("client_filter", true, "the API was not asked for what is new")
		m.At("params").Set("sort", "asc", "").Set("order_by", field, "")
	}
	m.Set("incremental", incremental, "")
}

var lastRun = pattern.New(`\$\{?last_run_date\}?`)

func (r *reader) msdkPaging(root *document.Node, m *draft.Map) {
	text := func(key string) string { return outline.Text(root, key) }
	size := whole(root, "pagination_page_size")
	next := r.path("next_page_token_path", text("next_page_token_path"))
	sizeParam := text("pagination_limit_per_page_param")
	paging := new(draft.Map)
	switch style := text("pagination_request_style"); style {
	case "", "default", "jsonpath_paginator":
		if next == "" {
			m.Ask("pagination", paging.Set("type", "cursor", "").Set("next", "next_page", "").Set("param", cmp.Or(text("pagination_next_page_param"), "page"), ""),
				"How do the pages go on? The config reads the token at $.next_page, where there is one.")
			return
		}
		paging.Set("type", "cursor", "").Set("next", next, "").Set("param", cmp.Or(text("pagination_next_page_param"), "page"), "")
		if text("pagination_response_style") == "offset" || text("pagination_response_style") == "style1" {
			paging.Set("param", cmp.Or(text("pagination_next_page_param"), "offset"), "")
			sizeParam = cmp.Or(sizeParam, "limit")
		}
		sized(paging, sizeParam, size)
	case "simple_header_paginator":
		if next == "" {
			next = "header:X-Next-Page"
		}
		paging.Set("type", "cursor", "").Set("next", next, "").Set("param", cmp.Or(text("pagination_next_page_param"), "page"), "")
		sized(paging, sizeParam, size)
	case "header_link_paginator", "restapi_header_link_paginator":
		paging.Set("type", "link_header", "")
		if size > 0 {
			m.At("params").Set(cmp.Or(sizeParam, "per_page"), size, "records of a page")
		}
	case "hateoas_paginator":
		paging.Set("type", "next_url", "").Set("next", cmp.Or(next, "links.next"), "")
	case "single_page_paginator":
		paging.Set("type", "none", "")
	case "page_number_paginator":
		paging.Set("type", "page", "").Set("param", cmp.Or(text("pagination_next_page_param"), "page"), "").Set("start", first(root, 1), "")
		sized(paging, sizeParam, size)
	case "style1", "offset_paginator", "simple_offset_paginator":
		paging.Set("type", "offset", "").Set("param", cmp.Or(text("pagination_next_page_param"), "offset"), "").Set("start", first(root, 1), "")
		sized(paging, cmp.Or(sizeParam, "limit"), size)
		if total := r.path("pagination_total_limit_param", "pagination."+cmp.Or(text("pagination_total_limit_param"), "total")); total != "" && style != "simple_offset_paginator" {
			paging.Set("total", total, "")
		}
	default:
		r.out.Leave("pagination_request_style %s: see Pagination in FORMAT.md", document.Clip(style))
		return
	}
	m.Set("pagination", paging, "")
	moving(m, paging)
}

// first is where pages or records are counted from.
func first(root *document.Node, other int) int {
	if outline.Text(root, "pagination_initial_offset") == "" {
		return other
	}
	return whole(root, "pagination_initial_offset")
}

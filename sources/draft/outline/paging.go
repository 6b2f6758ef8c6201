package outline

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/sources/draft"
)

// Param is a query parameter of a request.
type Param struct {
	Name     string
	Type     *Type
	Default  string
	Minimum  string
	Maximum  string
	Required bool
}

// Words of parameters and fields, as [plain] writes them.
var (
	sizeWords   = words("limit per_page page_size size max_results max top rows pagelen page[size] page[limit] results_per_page items_per_page page_limit num_results count take $top maxPageSize perPage _limit")
	pageWords   = words("page page_number page_no page_num page_index current_page page[number] pg p _page pageno")
	offsetWords = words("offset skip start_at start_index start first $skip page[offset] from_index row_offset _start _offset")
	tokenWords  = words("cursor page_token next_page_token after start_cursor next_cursor continuation_token continuation continue next_token page_cursor marker page[cursor] page[after] scroll_id after_cursor pagination_token start_key exclusive_start_key start_token skip_token $skiptoken bookmark next")
	keysetWords = words("starting_after after_id since_id last_id id_after id_greater_than")

	nextTokenFields = words("next_cursor next_page_token next_token next_page_cursor continuation_token end_cursor next_marker next_start_key last_evaluated_key scroll_id continue cursor_next next_page_id after_cursor pagination_token next_continuation_token")
	nextURLFields   = words("next next_url next_page_url next_link next_href next_page_link next_page_uri next_uri odata_nextlink nextpage_url nextPageUrl __next")
	totalFields     = words("total total_count total_results total_items total_records total_elements total_hits num_found total_size count_total total_entries total_rows row_count")
	pagesFields     = words("total_pages page_count last_page num_pages pages total_page number_of_pages pagecount max_page")
	moreFields      = words("has_more has_next has_next_page more_results has_more_items has_more_pages is_truncated more")
)

// IsWalked reports whether a parameter of this name says which page is wanted,
// how large pages are, or since when records changed.
func IsWalked(name string) bool {
	for _, of := range []map[string]bool{sizeWords, pageWords, offsetWords, tokenWords, keysetWords} {
		if of[plain(name)] {
			return true
		}
	}
	return changedParam().MatchString(plain(name))
}

func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(list) {
		set[plain(word)] = true
	}
	return set
}

// Request is what is known of a request and its answer.
type Request struct {
	Params  []Param
	Headers []string // of the answer
	Answer  *Type
	Records Records
	Key     string          // field of the primary key, "" if none is known
	Sent    map[string]bool // parameters that have a value already

	keySure bool // nobody need be asked whether it is the key
}

// Paging sets or asks how a walk goes on from page to page.
func (r *Request) Paging(stream *draft.Map) {
	p := pager{r: r, stream: stream}
	places(r.Answer, nil, &p.places, nil)
	p.size = p.param(sizeWords)
	for _, way := range []func() bool{p.linkHeader, p.nextURL, p.cursor, p.keyset, p.numbered, p.counted, p.odd} {
		if way() {
			return
		}
	}
}

type pager struct {
	r      *Request
	stream *draft.Map
	places []place
	size   *Param
}

func (p *pager) param(of map[string]bool) *Param {
	for i := range p.r.Params {
		if q := &p.r.Params[i]; of[plain(q.Name)] && isKey(strings.NewReplacer("[", "", "]", "").Replace(q.Name)) && !p.r.Sent[q.Name] {
			return q
		}
	}
	return nil
}

// field returns the first field of the answer, the least deep, that has such a
// name and fits.
func (p *pager) field(of map[string]bool, fits func(place) bool) (best place, found bool) {
	for _, at := range p.places {
		if of[plain(at.keys[len(at.keys)-1])] && fits(at) && (!found || len(at.keys) < len(best.keys)) {
			best, found = at, true
		}
	}
	return best, found
}

func isNumber(at place) bool { return at.typ.Is("integer") || at.typ.Is("number") }
func isBool(at place) bool   { return at.typ.Is("boolean") }
func isToken(at place) bool {
	return len(at.typ.Kinds) > 0 && at.typ.IsScalar() && !at.typ.Is("boolean")
}
func isText(at place) bool { return at.typ.Is("string") }

func (p *pager) linkHeader() bool {
	for _, header := range p.r.Headers {
		if strings.EqualFold(header, "Link") {
			m := new(draft.Map).Set("type", "link_header", "")
			p.set(m, "the answer has a header Link")
			p.sizeAsParam()
			return true
		}
	}
	return false
}

// nextURL finds a link to the next page: by a name that says so, or by next
// beside previous or a count.
func (p *pager) nextURL() bool {
	at, found := p.field(nextURLFields, isText)
	if !found {
		at, found = p.linkWithin()
	}
	if !found {
		return false
	}
	name := plain(at.keys[len(at.keys)-1])
	if token := p.param(tokenWords); name == "next" && len(at.keys) == 1 && token != nil && plain(token.Name) != "next" {
		return false // a token, most likely
	}
	m := new(draft.Map).Set("type", "next_url", "").Set("next", Path(at.keys...), "")
	if total, has := p.total(plain(at.keys[0]) == "next"); has {
		m.Set("total", total, "")
	}
	p.set(m, fmt.Sprintf("the answer has the field %s", strings.Join(at.keys, ".")))
	p.sizeAsParam()
	return true
}

// linkWithin finds _links.next.href, next_page.uri and the like.
func (p *pager) linkWithin() (place, bool) {
	for _, at := range p.places {
		n := len(at.keys)
		if n < 2 || !isText(at) {
			continue
		}
		outer, last := plain(at.keys[n-2]), plain(at.keys[n-1])
		if (outer == "next" || outer == "nextpage") && (last == "href" || last == "url" || last == "uri" || last == "link") {
			return at, true
		}
	}
	return place{}, false
}

func (p *pager) cursor() bool {
	token := p.param(tokenWords)
	at, found := p.field(nextTokenFields, isToken)
	if !found {
		at, found = p.tokenWithin(token)
	}
	switch {
	case token == nil && !found:
		return false
	case token != nil && found:
		m := new(draft.Map).Set("type", "cursor", "").Set("next", Path(at.keys...), "").Set("param", token.Name, "")
		p.withMore(m)
		p.withSize(m)
		p.set(m, fmt.Sprintf("the parameter %s, and the field %s in the answer", token.Name, strings.Join(at.keys, ".")))
		return true
	case token != nil && (p.param(pageWords) != nil || p.param(offsetWords) != nil || p.param(keysetWords) != nil):
		return false
	case token != nil:
		m := new(draft.Map).Set("type", "cursor", "").Set("next", "next_"+Name(token.Name, "cursor"), "").Set("param", token.Name, "")
		p.ask(m, fmt.Sprintf("Where does the answer name the next page? There is a parameter %s, and no field that looks like it.", token.Name))
	default:
		if p.param(pageWords) != nil || p.param(offsetWords) != nil {
			return false
		}
		m := new(draft.Map).Set("type", "cursor", "").Set("next", Path(at.keys...), "").Set("param", strings.TrimPrefix(at.keys[len(at.keys)-1], "next_"), "")
		p.ask(m, fmt.Sprintf("Which parameter takes the token of the next page? The answer has the field %s.", strings.Join(at.keys, ".")))
	}
	return true
}

// tokenWithin finds paging.cursors.after, cursor.next, next_page beside a
// parameter for tokens, and the field that is called as the parameter.
func (p *pager) tokenWithin(token *Param) (place, bool) {
	for _, at := range p.places {
		n := len(at.keys)
		last := plain(at.keys[n-1])
		if !isToken(at) {
			continue
		}
		outer := ""
		if n > 1 {
			outer = plain(at.keys[n-2])
		}
		switch {
		case (last == "after" || last == "next") && (strings.Contains(outer, "cursor") || outer == "next"):
			return at, true
		case token != nil && (last == "next" || last == "nextpage" || last == "cursor" || last == "next"+plain(token.Name) || last == plain(token.Name)):
			return at, true
		}
	}
	return place{}, false
}

// keyset takes the last record's key where the API says that there is more.
func (p *pager) keyset() bool {
	param := p.param(keysetWords)
	if param == nil {
		return false
	}
	field := p.r.Key
	m := new(draft.Map).Set("type", "keyset", "")
	if field == "" {
		m.Set("field", "id", "").Set("param", param.Name, "")
		p.ask(m, fmt.Sprintf("Which field of the last record goes into the parameter %s?", param.Name))
		return true
	}
	m.Set("field", Path(field), "").Set("param", param.Name, "")
	p.withMore(m)
	p.withSize(m)
	p.stream.Set("primary_key", []any{field}, fmt.Sprintf("the parameter %s goes by it", param.Name))
	p.set(m, fmt.Sprintf("the parameter %s takes the key of the last record", param.Name))
	return true
}

func (p *pager) numbered() bool {
	param := p.param(pageWords)
	if param == nil || param.Type.Is("boolean") || param.Type.Is("object") {
		return false
	}
	m := new(draft.Map).Set("type", "page", "").Set("param", param.Name, "")
	first := ""
	if param.Default == "0" || param.Default == "" && param.Minimum == "0" {
		m.Set("start", 0, "")
		first = ", which begins with 0"
	}
	p.withSize(m)
	pages, isPages := p.field(pagesFields, isNumber)
	if isPages {
		m.Set("total_pages", Path(pages.keys...), "")
	}
	if total, has := p.total(false); has {
		m.Set("total", total, "")
	} else if !isPages {
		p.stream.Set("on_incomplete", "again", "the pages are counted, and no total shows rows that move meanwhile: a second reading does; take this line out where none move")
	}
	p.set(m, fmt.Sprintf("the parameter %s%s", param.Name, first))
	return true
}

func (p *pager) counted() bool {
	param := p.param(offsetWords)
	if param == nil || p.size == nil && plain(param.Name) != "offset" && plain(param.Name) != "skip" || param.Type.Is("string") {
		return false
	}
	m := new(draft.Map).Set("type", "offset", "").Set("param", param.Name, "")
	if param.Default == "1" || param.Default == "" && param.Minimum == "1" {
		m.Set("start", 1, "")
	}
	p.withSize(m)
	if total, has := p.total(false); has {
		m.Set("total", total, "")
	} else {
		m.Set("overlap", 1, "")
	}
	p.set(m, fmt.Sprintf("the parameter %s", param.Name))
	return true
}

// odd asks where something speaks of pages, and nothing says how they are
// asked for.
func (p *pager) odd() bool {
	more, has := p.field(moreFields, isBool)
	switch {
	case has:
		m := new(draft.Map).Set("type", "page", "").Set("param", "page", "").Set("more", Path(more.keys...), "")
		p.ask(m, fmt.Sprintf("How is the next page asked for? The answer has the field %s.", strings.Join(more.keys, ".")))
	case p.size != nil:
		m := new(draft.Map).Set("type", "page", "").Set("param", "page", "").Set("size_param", p.size.Name, "")
		p.ask(m, fmt.Sprintf("How is the next page asked for? There is a parameter %s for the size of a page, and none for the page.", p.size.Name))
	default:
		return false
	}
	return true
}

// total is where the answer says how many records there are. A field that is
// called count may be of the page alone, unless next stands beside it.
func (p *pager) total(countToo bool) (string, bool) {
	at, found := p.field(totalFields, isNumber)
	if !found && countToo {
		at, found = p.field(map[string]bool{"count": true}, func(at place) bool { return isNumber(at) && len(at.keys) == 1 })
	}
	return Path(at.keys...), found
}

func (p *pager) withMore(m *draft.Map) {
	if at, found := p.field(moreFields, isBool); found {
		m.Set("more", Path(at.keys...), "")
	}
}

// largestPage is asked for where a document allows more.
const largestPage = 1000

// wanted is how many records of a page are asked for: as many as the document
// allows; "" where it says nothing.
func (p *pager) wanted() int {
	for _, text := range []string{p.size.Maximum, p.size.Default} {
		if n, err := strconv.Atoi(text); err == nil && n > 0 {
			return min(n, largestPage)
		}
	}
	return 0
}

func (p *pager) withSize(m *draft.Map) {
	if p.size == nil {
		return
	}
	if n := p.wanted(); n > 1 {
		m.Set("size_param", p.size.Name, "").Set("size", n, "")
		return
	}
	m.Ask("size_param", p.size.Name, fmt.Sprintf("How many records may %s ask for? The document does not say.", p.size.Name)).Ask("size", 100, "")
}

// sizeAsParam sends the size of pages that links lead to.
func (p *pager) sizeAsParam() {
	if p.size == nil {
		return
	}
	if n := p.wanted(); n > 0 {
		p.stream.At("params").Set(p.size.Name, n, "records of a page")
	}
}

func (p *pager) set(m *draft.Map, note string) { p.stream.Set("pagination", m, note) }

func (p *pager) ask(m *draft.Map, question string) { p.stream.Ask("pagination", m, question) }

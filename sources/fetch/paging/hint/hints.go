package hint

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// Hints are what an answer says of its own accord about what comes after it, in
// places where many APIs say it, whether the definition reads them or not.
type Hints struct {
	More   []Hint // a boolean says that there is more
	None   bool   // a boolean says that there is no more
	Next   []Hint // a next page is named
	NoNext bool   // a key for it is there, and empty
	Totals []Hint // records in all
	Pages  []Hint // pages in all
	Page   int64  // the number of this one; 0: not said
}

// Hint is a key of an answer and what it says.
type Hint struct {
	Key     string // as the definition would write it
	Value   string
	Number  int64 // of a value that is one
	IsCount bool  // value is a whole number
	Folded  bool  // the key lies in JSON in a header, where the definition cannot name it
	Negated bool  // of more: the key says "last" where others say "more"
}

const (
	// hintDepth is how deep hints are looked for below an object on the way to
	// the records.
	hintDepth = 3
	// hintMembers is how many members of an object are looked at, and hintLinks
	// how many elements of a list of links.
	hintMembers, hintLinks = 200, 20
)

// nextNames are keys under which answers name the next page: in lower case,
// without what is neither a letter nor a digit.
var nextNames = set("next nextpage nextpagetoken nexttoken nextcursor nextcursorstr nexturl nexturi nextlink nexthref nextpageurl " +
	"nextpageuri nextpagelink nextpagepath nextpath nextmarker nextcontinuationtoken continuationtoken continuation paginationtoken " +
	"nextpaginationtoken nextrecordsurl nextresultsurl nextpagecursor nextpagenumber nextpageid nextkey nextstartkey nextoffset " +
	"nextpageoffset nextstart nextstartindex nextindex nextskip nextbatch nextiterator nextquery nextpagequery nextlinkurl " +
	"xnext xnextpage xnextcursor xnextpagetoken xnexttoken xnexturl xcontinuationtoken xmscontinuation xmscontinuationtoken xpaginationnext " +
	"opcnextpage sforcelocator paginationnext paginationnextpage paginationnextcursor")

// moreNames are keys that say that there is more, lastNames those that say that
// there is none.
var (
	moreNames = set("hasmore hasnext hasnextpage hasmorepages hasmoreitems hasmoreresults hasmoredata hasmorerecords hasmoreentries " +
		"more moreresults moreavailable moreresultsavailable moreitems morerecords moredata moreitemsincollection istruncated truncated " +
		"xhasmore xhasnext xhasnextpage")
	lastNames = set("islast islastpage last lastpage lastpagereached done nomore isdone endofdata endoflist isend islastbatch")
)

// totalNames are keys that count all records, pagesNames those that count all
// pages, pageNames those that number this one.
var (
	totalNames = set("total totalcount totalresults totalrecords totalitems totalsize totalelements totalentries totalhits totalrows " +
		"totalobjects totalnumber totalnum count recordcount recordstotal recordsfiltered numfound nbhits totalrecordcount totalresultcount " +
		"totalitemscount xtotal xtotalcount xtotalresults xtotalitems xtotalrecords xpaginationtotalcount xpaginationtotal xwptotal odatacount " +
		"paginationcount paginationtotal paginationtotalcount paginationtotalitems resulttotal opctotalitems")
	pagesNames = set("pages totalpages pagecount pagestotal numpages totalpagecount numberofpages lastpage maxpage lastpagenumber " +
		"xtotalpages xpages xpagecount xpaginationpagecount xlastpage xwptotalpages " +
		"paginationpagecount paginationtotalpages resultpages")
	pageNames = set("page currentpage pagenumber pageno pagenum pageindex xpage xcurrentpage")
)

// pagingNames are objects beside records in which a count is one of records.
var pagingNames = set("meta metadata paging pagination page pages pageinfo pager paginator cursor cursors resultinfo responsemetadata info " +
	"hits resultset result listinfo pagedata pagingdata paginationinfo querymetadata")

// YAML quotes a path where a definition needs that.
func YAML(path string) string {
	if strings.ContainsAny(path, `\@#"'{}[]:,&*!|>%`) {
		return "'" + strings.ReplaceAll(path, "'", "''") + "'"
	}
	return path
}

// parse reads a proven body, which may begin with a byte order mark.
func parse(body []byte) gjson.Result {
	return gjson.ParseBytes(bytes.TrimPrefix(body, []byte("\uFEFF")))
}

// Nothing reports whether a text is what programs write where there is none.
func Nothing(text string) bool {
	switch text {
	case "", "None", "null", "NULL", "false", "False":
		return true
	}
	return false
}

func set(names string) map[string]bool {
	all := map[string]bool{}
	for name := range strings.FieldsSeq(names) {
		all[name] = true
	}
	return all
}

// PlainName is what a key says, however it is spelled: the part behind its last
// point, in lower case, without what is neither a letter nor a digit.
func PlainName(key string) string {
	key = key[strings.LastIndexByte(key, '.')+1:]
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, key)
}

// Find looks through a body and the headers of an answer. place are the
// keys that lead to the records, as far as they are plain: what lies there is
// not looked at. A body that is the records itself holds no hints.
func Find(body []byte, place []string, h http.Header) *Hints {
	all := &Hints{}
	at, path := parse(body), ""
	for _, key := range place {
		if !at.IsObject() {
			break
		}
		all.object(at, path, key, 0)
		path = joinPath(path, key)
		at = at.Get(gjson.Escape(key))
	}
	all.headers(h)
	return all
}

// object looks at the members of an object but for one, of other objects and
// the lists of links in it too.
func (all *Hints) object(at gjson.Result, path, except string, depth int) {
	n := 0
	at.ForEach(func(key, v gjson.Result) bool {
		if n++; key.Str == except && except != "" {
			return n < hintMembers
		}
		all.member(PlainName(key.Str), joinPath(path, key.Str), v, pathCounts(path, depth), depth)
		return n < hintMembers
	})
}

// pathCounts reports whether a count in the object at a path is one of records.
func pathCounts(path string, depth int) bool {
	return depth == 0 || pagingNames[PlainName(LastKey(path))]
}

// LastKey is the key that a path ends with.
func LastKey(path string) string {
	for i := len(path) - 1; i > 0; i-- {
		if path[i] == '.' && path[i-1] != '\\' {
			return path[i+1:]
		}
	}
	return path
}

// joinPath appends a key to a path, as definitions write it.
func joinPath(path, key string) string {
	key = gjson.Escape(key)
	if path == "" {
		return key
	}
	return path + "." + key
}

func (all *Hints) member(name, path string, v gjson.Result, counts bool, depth int) {
	switch {
	case nextNames[name] && v.IsObject():
		all.nextObject(path, v)
		return
	case nextNames[name] && v.IsArray():
		return
	case v.IsArray():
		if name == "link" || name == "links" {
			all.links(path, v)
		}
		return
	case totalNames[name] && v.Get("value").Type == gjson.Number: // Elasticsearch
		all.scalar(name, joinPath(path, "value"), v.Get("value"), counts)
		return
	case (name == "link" || name == "links" || name == "atomlink") && v.IsObject() && relationOf(v) != "":
		all.link(v, path)
		return
	case v.IsObject():
		if depth < hintDepth && !holdsList(v) {
			all.object(v, path, "", depth+1)
		}
		return
	}
	all.scalar(name, path, v, counts)
}

// holdsList reports whether a list of objects lies in an object: then that is
// another collection, and what it says is about that.
func holdsList(v gjson.Result) (found bool) {
	n := 0
	v.ForEach(func(_, item gjson.Result) bool {
		n++
		found = isList(item)
		return !found && n < hintMembers
	})
	return found
}

// isList reports whether a value is an array of objects, as records are.
func isList(v gjson.Result) bool { return v.IsArray() && v.Get("0").IsObject() }

// nextObject looks for the next page in an object of that name.
func (all *Hints) nextObject(path string, v gjson.Result) {
	for _, key := range []string{"href", "url", "uri", "link", "after", "cursor", "token", "page", "offset"} {
		if item := v.Get(key); item.Exists() && !item.IsObject() && !item.IsArray() {
			all.addNext(joinPath(path, key), item)
			return
		}
	}
}

// links looks for the next page in a list of links with relations.
func (all *Hints) links(path string, v gjson.Result) {
	i := 0
	v.ForEach(func(_, link gjson.Result) bool {
		if name := relationOf(link); name != "" {
			all.link(link, path+`.#(`+name+`=="`+link.Get(name).Str+`")`)
		}
		i++
		return i < hintLinks
	})
}

// relationOf is the member that says what a link leads to, as gjson writes it; "" where
// that is not the next page. The last is that of XML.
func relationOf(link gjson.Result) string {
	for _, name := range []string{"rel", "relation", `\@rel`} {
		if strings.EqualFold(link.Get(name).Str, "next") {
			return name
		}
	}
	return ""
}

// link takes note of a link to the next page. at leads to it, as the definition would
// write it.
func (all *Hints) link(link gjson.Result, at string) {
	for _, key := range []string{"href", "url", "uri", `\@href`} {
		if item := link.Get(key); item.Exists() {
			all.addNext(at+"."+key, item)
		}
	}
}

// scalar takes note of a value that is neither an object nor a list.
func (all *Hints) scalar(name, path string, v gjson.Result, counts bool) {
	truth, isBool := truthOf(v)
	n, isCount := countOf(v)
	switch {
	case isBool && moreNames[name]:
		all.saysMore(Hint{Key: path, Value: v.String()}, truth)
	case isBool && lastNames[name]:
		all.saysMore(Hint{Key: path, Value: v.String(), Negated: true}, !truth)
	case nextNames[name]:
		all.addNext(path, v)
	case !isCount || !counts:
	case pagesNames[name]:
		all.Pages = append(all.Pages, Hint{Key: path, Value: v.String(), Number: n, IsCount: true})
	case pageNames[name]:
		all.Page = max(all.Page, n)
	case totalNames[name]:
		all.Totals = append(all.Totals, Hint{Key: path, Value: v.String(), Number: n, IsCount: true})
	}
}

func (all *Hints) saysMore(h Hint, more bool) {
	if more {
		all.More = append(all.More, h)
	} else {
		all.None = true
	}
}

// addNext takes note of a value that names the next page, or says that there is
// none.
func (all *Hints) addNext(path string, v gjson.Result) {
	n, isCount := countOf(v)
	text := v.String()
	switch truth, isBool := truthOf(v); {
	case isBool:
		all.saysMore(Hint{Key: path, Value: text}, truth)
	case v.Type == gjson.Null || Nothing(text) || text == "0" || text == "-1":
		all.NoNext = true
	default:
		all.Next = append(all.Next, Hint{Key: path, Value: text, Number: n, IsCount: isCount})
	}
}

// headers looks through the headers.
func (all *Hints) headers(h http.Header) {
	if target, _ := Link(h.Values("Link"), "next"); target != "" {
		all.Next = append(all.Next, Hint{Key: LinkKey, Value: target})
	} else if h.Get("Link") != "" {
		all.NoNext = true
	}
	for name, values := range h {
		if len(values) == 0 {
			continue
		}
		value := strings.TrimSpace(values[0])
		if strings.HasPrefix(value, "{") && gjson.Valid(value) { // as X-Pagination of ASP.NET
			all.folded("header:"+name, gjson.Parse(value))
			continue
		}
		all.scalar(PlainName(name), "header:"+name, gjson.Result{Type: gjson.String, Str: value}, true)
	}
	if unit, total, ok := strings.Cut(h.Get("Content-Range"), "/"); ok && !strings.HasPrefix(unit, "bytes") {
		if n, err := strconv.ParseInt(total, 10, 64); err == nil {
			all.Totals = append(all.Totals, Hint{Key: "header:Content-Range", Value: h.Get("Content-Range"), Number: n, IsCount: true})
		}
	}
}

// folded looks at JSON in a header. One that is not about pages by its name counts other
// things, as calls that were used.
func (all *Hints) folded(header string, v gjson.Result) {
	in := Hints{}
	if in.object(v, header, "", 0); !strings.Contains(PlainName(header), "pag") {
		in.Totals, in.Pages = nil, nil
	}
	for _, hints := range []*[]Hint{&in.More, &in.Next, &in.Totals, &in.Pages} {
		for i := range *hints {
			(*hints)[i].Folded = true
		}
	}
	all.More, all.Next = append(all.More, in.More...), append(all.Next, in.Next...)
	all.Totals, all.Pages = append(all.Totals, in.Totals...), append(all.Pages, in.Pages...)
	all.None, all.NoNext, all.Page = all.None || in.None, all.NoNext || in.NoNext, max(all.Page, in.Page)
}

// LinkKey names a Link header in doubts.
const LinkKey = `header Link, rel="next",`

// truthOf is a boolean, or one that is written as text.
func truthOf(v gjson.Result) (truth, ok bool) {
	switch {
	case v.Type == gjson.True, v.Type == gjson.String && strings.EqualFold(v.Str, "true"):
		return true, true
	case v.Type == gjson.False, v.Type == gjson.String && strings.EqualFold(v.Str, "false"):
		return false, true
	}
	return false, false
}

// countOf is a whole number, or one that is written as text.
func countOf(v gjson.Result) (n int64, ok bool) {
	text := v.Raw
	if v.Type == gjson.String {
		text = v.Str
	} else if v.Type != gjson.Number {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 0
}

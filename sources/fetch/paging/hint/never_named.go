package hint

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/nearest"
)

// roundPages are how many records many APIs have on a page by themselves.
var roundPages = []int64{20, 25, 30, 40, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000, 10000}

// NeverNamed is what to say of a walk that ended since its answer names no next
// page, and of which no answer has had anything where the definition looks for one:
// a list of one page looks like that, and so does a misspelled key. It is suspicious
// where the answer has something that may be meant, or as many records as pages have.
// "" where the answer itself says that there are no more.
func (all *Hints) NeverNamed(end *End, body []byte, place []string, h http.Header) (text string, suspicious bool) {
	e := ended{end, all}
	if !e.NoNext && (e.None || e.allCounted()) {
		return "", false
	}
	what, want := nextIn(e.Paging)
	beside := scalars(body, place)
	if name, ok := strings.CutPrefix(want, "header:"); ok {
		beside, want = headers(h), name
	}
	text = "it is not proven that all records came: " + what + " matched no answer of the walk, which ends at the first"
	if has := shownKeys(beside); has != "" {
		text += "; beside the records that has " + has
	}
	meant := e.meant(want, beside)
	switch size := e.N; {
	case meant != "":
		text += fmt.Sprintf(": did you mean %q?", meant)
	case e.NoNext:
		text += ": is it spelled as the API does?"
	case e.Asked == 0 && slices.Contains(roundPages, size):
		text += fmt.Sprintf("; %d records are as many as a page of many APIs has: is there another one, and how does the answer name it?", size)
	default:
		return text, false
	}
	return text, true
}

// nextIn is where the definition looks for the next page: as errors say it, and its
// path or header alone.
func nextIn(p *sources.Pagination) (what, want string) {
	if p.Type == sources.PaginateLinkHeader {
		return "the header Link, of pagination.type: link_header,", ""
	}
	name := refName(p.Next)
	for _, c := range p.Cursors {
		if name == "" {
			name = refName(c.Ref)
		}
	}
	if name == "" {
		return "pagination.next", ""
	}
	return "pagination.next, " + name + ",", name
}

// scalar is a key of an answer with a value that is neither an object nor a list.
type scalar struct {
	path string // as the definition would write it
	none bool   // the value says that there is nothing
}

// meant is the key that is spelled nearly as what is wanted, else one that is called as
// tokens are and has a value; "" where there is neither.
func (e ended) meant(want string, all []scalar) string {
	paths := map[string]string{}
	var names []string
	for _, s := range all {
		if name := lastName(s.path); !elsewhere(name) {
			names, paths[name] = append(names, name), s.path
		}
	}
	if want != "" {
		if near := nearest.Name(lastName(want), names); near != "" {
			return paths[near]
		}
	}
	for _, s := range all {
		if name := PlainName(s.path); !s.none && !elsewhere(name) && likeToken(name) {
			return s.path
		}
	}
	return ""
}

func lastName(path string) string { return strings.ReplaceAll(LastKey(path), `\`, "") }

// elsewhere reports whether a key by its name is about another page than the next.
func elsewhere(name string) bool {
	name = PlainName(name)
	for _, part := range []string{"prev", "before", "first", "last", "self", "start", "end", "per", "current", "total", "count", "sync", "delta"} {
		if strings.HasPrefix(name, part) {
			return true
		}
	}
	return pageNames[name] || pagesNames[name] || strings.Contains(name, "sync")
}

// likeToken reports whether a key is called as what leads to a next page is.
func likeToken(name string) bool {
	for _, part := range []string{"scroll", "continuation", "cursor", "pagetoken", "marker", "weiter", "naechste", "suivant", "siguiente", "proxim", "volgende"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// scalars are the keys beside the records.
func scalars(body []byte, place []string) (all []scalar) {
	at, path := parse(body), ""
	for _, key := range place {
		if !at.IsObject() {
			break
		}
		all = below(all, at, path, key, 0)
		path = joinPath(path, key)
		at = at.Get(gjson.Escape(key))
	}
	return all
}

func below(all []scalar, at gjson.Result, path, except string, depth int) []scalar {
	n := 0
	at.ForEach(func(key, v gjson.Result) bool {
		at := joinPath(path, key.Str)
		switch n++; {
		case key.Str == except && except != "", v.IsArray():
		case !v.IsObject():
			all = append(all, scalar{at, v.Type == gjson.Null || v.Type == gjson.False || Nothing(v.String())})
		case depth < hintDepth && !holdsList(v):
			all = below(all, v, at, "", depth+1)
		}
		return n < hintMembers
	})
	return all
}

func headers(h http.Header) (all []scalar) {
	for name := range h {
		if strings.HasPrefix(name, "X-") {
			all = append(all, scalar{name, Nothing(h.Get(name))})
		}
	}
	slices.SortFunc(all, func(a, b scalar) int { return strings.Compare(a.path, b.path) })
	return all
}

// shownKeys names some of the keys.
func shownKeys(all []scalar) string {
	const most = 6
	var names []string
	for _, s := range all[:min(len(all), most)] {
		names = append(names, s.path)
	}
	if len(all) > most {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}

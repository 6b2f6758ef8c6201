package probe

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/detect"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// list is a place where the records may be.
type list struct {
	path    string
	form    form
	items   []gjson.Result
	columns *columns // of a table
	beside  bool     // its name is one of lists beside records
	score   int
	reason  string
}

// form is how records lie at their place.
type form int

const (
	array  form = iota
	single      // one record
	keyed       // an object of records
	empty       // an array without elements
	table       // an array of arrays
)

// isMany reports whether there are many records, in an order.
func (l *list) isMany() bool { return l.form == array || l.form == table }

// listNames are keys under which answers have their records, and besideNames those of
// lists that are beside them.
var (
	listNames   = names("data items results result records record value values entries rows list content contents hits docs documents objects nodes edges features resources collection elements response payload")
	besideNames = names("errors warnings messages links link included facets aggregations filters columns fields sort sorting metadata meta includes notices debug schema breadcrumbs headers keys")
)

// lists returns where the records of an answer may be, the likeliest first. word is
// what the collection is called.
func lists(body []byte, word string) (all []list) {
	root := gjson.ParseBytes(body)
	for _, path := range hint.Lists(body) {
		at := root
		if path != "@this" {
			at = root.Get(path)
		}
		l := list{path: path, items: at.Array()}
		if l.items[0].Get("node").IsObject() && strings.HasSuffix(path, "edges") {
			l.path += ".#.node"
			l.items = root.Get(l.path).Array()
		}
		l.judge(word)
		all = append(all, l)
	}
	all = append(all, tables(body, word)...)
	if len(all) == 0 {
		all = append(all, withoutList(root, word)...)
	} else if one := aroundLists(root); one != nil {
		all = append(all, *one)
	}
	slices.SortStableFunc(all, func(a, b list) int { return b.score - a.score })
	return all
}

// judge scores a list by its name, its depth and what its elements have.
func (l *list) judge(word string) {
	if l.path == "@this" {
		l.score, l.reason = 10, "the answer is the list"
		return
	}
	key := strings.TrimSuffix(l.path, ".#.node")
	name := hint.PlainName(key)
	l.score = -strings.Count(key, ".")
	switch {
	case name == plainName(word) || name+"s" == plainName(word) || name == plainName(word)+"s":
		l.score += 5
	case besideNames[lastWord(key)]:
		l.beside = name != "messages" // of a chat, say
		l.score -= 4
	case listNames[name]:
		l.score += 2
	}
	if len(l.items) > 0 && slices.ContainsFunc(idNames, func(id string) bool { return l.items[0].Get(id).Exists() || l.items[0].Get(`\@`+id).Exists() }) {
		l.score += 2
		l.beside = false
	}
	l.reason = fmt.Sprintf("a list of %s", hint.Counted(int64(len(l.items)), "object"))
}

// lastWord is the last word of a key: facets of suggested_facets and of suggestedFacets.
func lastWord(key string) string {
	key = key[strings.LastIndexAny(key, "._-")+1:]
	if at := strings.LastIndexFunc(key, unicode.IsUpper); at > 0 && key[at:] != strings.ToUpper(key[at:]) {
		key = key[at:]
	}
	return hint.PlainName(key)
}

// sure reports whether the first list is the one: there is no other, or none like it, and its
// name does not say that it is beside the records.
func sure(all []list) bool {
	return !all[0].beside && (len(all) == 1 || all[0].score-all[1].score >= 3)
}

// withoutList returns the places of an answer that has no list of objects: an empty list, an
// object of objects, or one record.
func withoutList(root gjson.Result, word string) (all []list) {
	if root.IsArray() && len(root.Array()) == 0 {
		return []list{{path: "@this", form: empty, reason: "the answer is an empty list"}}
	}
	if !root.IsObject() {
		return nil
	}
	root.ForEach(func(k, v gjson.Result) bool {
		path := gjson.Escape(k.Str)
		switch {
		case v.IsArray() && len(v.Array()) == 0:
			l := list{path: path, form: empty}
			l.judge(word)
			l.reason = "an empty list"
			all = append(all, l)
		case v.IsObject() && len(objects(v)) > 1:
			l := list{path: path, form: keyed, items: objects(v)}
			l.judge(word)
			l.reason = fmt.Sprintf("an object of %d objects", len(l.items))
			all = append(all, l)
		}
		return len(all) < 20
	})
	if len(all) == 0 && len(objects(root)) > 1 {
		return []list{{path: "@this", form: keyed, items: objects(root), reason: "the answer is an object of objects"}}
	}
	if len(all) == 0 || all[0].form == empty && all[0].score <= 0 && root.Get("id").Exists() {
		return []list{{path: singlePlace(root), form: single, items: []gjson.Result{root}, reason: "the answer is one object"}}
	}
	return all
}

// aroundLists is the object around the lists of an answer where that has an id, and so may be
// the record, whose parts they are. nil: it has none.
func aroundLists(root gjson.Result) *list {
	path := ""
	if root.IsObject() {
		path = singlePlace(root)
	}
	at := root
	if path != "@this" && path != "" {
		at = root.Get(path)
	}
	if !hasID(at) {
		return nil
	}
	return &list{path: path, form: single, items: []gjson.Result{at}, score: 1, reason: "the object around it, which has an id"}
}

// hasID reports whether an object has a field that tells it from others, by its name.
func hasID(object gjson.Result) bool {
	for _, id := range []string{"id", "_id", "uuid", "guid", "Id", "ID", `\@id`} {
		if v := object.Get(id); object.IsObject() && (v.Type == gjson.String || v.Type == gjson.Number) {
			return true
		}
	}
	return false
}

// objects returns the members of an object all of which are objects alike.
func objects(v gjson.Result) (all []gjson.Result) {
	first := ""
	alike := true
	v.ForEach(func(_, item gjson.Result) bool {
		keys := ""
		item.ForEach(func(k, _ gjson.Result) bool { keys += k.Raw; return len(keys) < 1000 })
		if first == "" {
			first = keys
		}
		alike = item.IsObject() && keys == first && keys != ""
		all = append(all, item)
		return alike
	})
	if !alike {
		return nil
	}
	return all
}

// singlePlace is where the one record lies: below data, say, where that is all.
func singlePlace(root gjson.Result) string {
	place, n := "@this", 0
	root.ForEach(func(k, v gjson.Result) bool {
		n++
		if v.IsObject() && listNames[hint.PlainName(k.Str)] {
			place = gjson.Escape(k.Str)
		}
		return true
	})
	return place
}

// recordsAt returns the records of a later answer.
func (l *list) recordsAt(body []byte) (all []string) {
	root := gjson.ParseBytes(body)
	if l.path != "@this" {
		root = root.Get(l.path)
	}
	switch {
	case l.form == single:
		return []string{root.Raw}
	case l.form == keyed:
		for _, item := range objects(root) {
			all = append(all, item.Raw)
		}
		return all
	case !root.IsArray():
		return nil
	}
	root.ForEach(func(_, item gjson.Result) bool {
		switch {
		case l.form == table && item.IsArray():
			all = append(all, l.columns.record(item))
		case l.form != table && item.IsObject():
			all = append(all, item.Raw)
		}
		return true
	})
	return all
}

// HasList reports whether an answer has a list of objects that may be records. Of answers
// that are no JSON, those are looked at whose Content-Type says what they are.
func HasList(a *Answer) bool {
	if as := detect.Named(a.Header.Get("Content-Type")); !gjson.ValidBytes(trimBOM(a.Body)) && (as == "" || as == sources.FormatJSON) {
		return false
	}
	f, err := formatOf(a)
	if err != nil {
		return false
	}
	all := lists(trimBOM(f.read(a).Body), "")
	return len(all) > 0 && all[0].isMany() && all[0].score > -2
}

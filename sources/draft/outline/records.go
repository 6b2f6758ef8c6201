package outline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Records is where the records of an answer lie.
type Records struct {
	Path   string   // of gjson
	Type   *Type    // of one record
	Note   string   // how that is known
	Others []string // further lists of objects in the answer
}

// usual are names of the field that holds the records.
var usual = []string{"data", "items", "results", "result", "records", "value", "values", "entries", "list", "content", "rows", "objects", "elements", "hits", "docs", "nodes", "edges", "resources", "collection", "members", "member", "response", "payload"}

// RecordsIn finds the list of records in an answer. Called is the last word of
// the request's path, one says that the path names a record. It is false where
// the answer is no list: a record has lists in it, too.
func RecordsIn(answer *Type, called string, one bool) (Records, bool) {
	if answer.ofObjects() {
		return Records{Path: "@this", Type: answer.listOf(), Note: "the answer is a list"}, true
	}
	var found []place
	places(answer, nil, &found, nil)
	isKnown := func(name string) bool {
		return plain(name) == plain(called) || slices.Contains(usual, strings.ToLower(name))
	}
	found = slices.DeleteFunc(found, func(p place) bool {
		return !p.typ.ofObjects() || len(p.keys) > 1 && !enveloped(p.keys, called, isKnown)
	})
	if len(found) == 0 {
		return Records{}, false
	}
	rank := func(p place) int {
		last := p.keys[len(p.keys)-1]
		score := len(p.keys) * 10
		switch {
		case plain(last) == plain(called):
			score -= 25
		case slices.Contains(usual, strings.ToLower(last)):
			score -= 20
		case beside[plain(last)]:
			score += 25
		}
		if len(p.typ.listOf().Kinds) == 0 {
			score += 5
		}
		return score
	}
	slices.SortStableFunc(found, func(a, b place) int { return cmp.Compare(rank(a), rank(b)) })
	known := isKnown(found[0].keys[len(found[0].keys)-1])
	several := len(found) > 1 && len(found[1].keys) == 1 && !beside[plain(found[1].keys[0])]
	if key, _ := KeyField(answer, called); !known && (one || several || key != "") || one && (key != "" || len(found[0].keys) > 1) {
		return Records{}, false
	}
	r := Records{Path: Path(found[0].keys...), Type: found[0].typ.listOf(), Note: "the only list of objects in the answer"}
	for _, other := range found[1:] {
		r.Others = append(r.Others, strings.Join(other.keys, "."))
	}
	if len(r.Others) > 0 {
		r.Note = fmt.Sprintf("other lists in the answer: %s", strings.Join(r.Others, ", "))
	}
	return r, true
}

// envelopes are objects around the records.
var envelopes = map[string]bool{"data": true, "result": true, "results": true, "response": true, "payload": true, "body": true, "embedded": true, "d": true, "page": true, "content": true, "output": true, "hits": true, "search": true}

// enveloped reports whether all that leads to a list are envelopes.
func enveloped(keys []string, called string, isKnown func(string) bool) bool {
	outer := keys[:len(keys)-1]
	for _, key := range outer {
		if !envelopes[plain(key)] && plain(key) != plain(called) {
			return false
		}
	}
	return isKnown(keys[len(keys)-1]) || plain(outer[len(outer)-1]) == "embedded" || len(outer) == 1
}

// beside are lists that stand beside records.
var beside = map[string]bool{"errors": true, "warnings": true, "links": true, "messages": true, "facets": true, "aggregations": true, "included": true, "filters": true, "sort": true, "metadata": true, "meta": true}

// place is a field of an answer.
type place struct {
	keys  []string
	typ   *Type
	field *Field
}

// deepest is how deep an answer is looked through.
const deepest = 3

// places lists the fields of an answer, those of its objects too, but nothing
// that lies in lists.
func places(t *Type, keys []string, found *[]place, within []*Type) {
	if !t.Is("object") || len(keys) >= deepest || slices.Contains(within, t) || len(*found) > 2000 {
		return
	}
	for i := range t.Fields {
		f := &t.Fields[i]
		if !isKey(f.Name) {
			continue
		}
		at := append(slices.Clone(keys), f.Name)
		*found = append(*found, place{at, f.Type, f})
		places(f.Type, at, found, append(within, t))
	}
}

// isKey reports whether a name can stand in a path and in a template.
func isKey(name string) bool {
	return name != "" && len(name) <= 100 && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && r != '-' && r != '@' && r != '.' && r != '$' && r != ':' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

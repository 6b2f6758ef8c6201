package hint

import (
	"strings"

	"github.com/tidwall/gjson"
)

const (
	// listDepth is how deep below the answer lists of records are looked for, and
	// maxLists how many of them are named.
	listDepth, maxLists = 4, 4
)

// Lists returns the paths of the arrays of objects in an answer, as
// definitions write them: those that lie least deep come first.
func Lists(body []byte) (paths []string) {
	if isList(parse(body)) {
		return []string{"@this"}
	}
	return places(body, func(_, _ string, v gjson.Result) bool { return isList(v) })
}

// Tables returns the paths of the arrays of arrays in an answer.
func Tables(body []byte) (paths []string) {
	if isTable(parse(body)) {
		return []string{"@this"}
	}
	return places(body, func(_, _ string, v gjson.Result) bool { return isTable(v) })
}

func isTable(v gjson.Result) bool { return v.IsArray() && v.Get("0").IsArray() }

// columnsNames are keys under which answers say what the values of a row are called.
var columnsNames = set("columns columnnames fields fieldnames header headers rowtype")

// Columns returns where an answer names the values of rows that have so many of them, and
// the names; "" where it does not. Names are strings, or the "name" of objects.
func Columns(body []byte, width int) (path string, names []string) {
	found := places(body, func(_, key string, v gjson.Result) bool {
		return columnsNames[PlainName(key)] && len(namesIn(v)) == width
	})
	if len(found) == 0 {
		return "", nil
	}
	return found[0], namesIn(parse(body).Get(found[0]))
}

// namesIn returns the names in a list of nothing but names that differ.
func namesIn(v gjson.Result) (all []string) {
	seen := map[string]bool{}
	for _, item := range v.Array() {
		if item.IsObject() {
			item = item.Get("name")
		}
		if item.Type != gjson.String || item.Str == "" || seen[item.Str] {
			return nil
		}
		seen[item.Str] = true
		all = append(all, item.Str)
	}
	return all
}

// Elements returns the paths of elements that hold others with text, below the root, in
// the JSON text of an XML document.
func Elements(body []byte) (paths []string) {
	return places(body, func(parent, _ string, v gjson.Result) (is bool) {
		if parent == "" || !v.IsObject() {
			return false
		}
		v.ForEach(func(key, value gjson.Result) bool {
			is = !strings.HasPrefix(key.Str, "@") && key.Str != "#text" && value.Type != gjson.JSON
			return !is
		})
		return is
	})
}

// places returns the paths of the values in an answer that are wanted: of those that
// hold each other, the outer one.
func places(body []byte, wanted func(parent, key string, v gjson.Result) bool) (paths []string) {
	type place struct {
		path string
		at   gjson.Result
	}
	level := []place{{"", parse(body)}}
	for depth := 0; depth < listDepth && len(paths) < maxLists; depth++ {
		var below []place
		for _, p := range level {
			if !p.at.IsObject() {
				continue
			}
			n := 0
			p.at.ForEach(func(key, v gjson.Result) bool {
				path := joinPath(p.path, key.Str)
				switch {
				case wanted(p.path, key.Str, v):
					paths = append(paths, path)
				case v.IsObject() && len(below) < hintMembers:
					below = append(below, place{path, v})
				}
				n++
				return n < hintMembers
			})
		}
		level = below
	}
	return paths[:min(len(paths), maxLists)]
}

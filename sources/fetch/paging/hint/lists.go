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
	return places(body, func(_ string, v gjson.Result) bool { return isList(v) })
}

// Elements returns the paths of elements that hold others with text, below the root, in
// the JSON text of an XML document.
func Elements(body []byte) (paths []string) {
	return places(body, func(parent string, v gjson.Result) (is bool) {
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
func places(body []byte, wanted func(parent string, v gjson.Result) bool) (paths []string) {
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
				case wanted(p.path, v):
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

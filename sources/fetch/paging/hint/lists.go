package hint

import "github.com/tidwall/gjson"

const (
	// listDepth is how deep below the answer lists of records are looked for, and
	// maxLists how many of them are named.
	listDepth, maxLists = 4, 4
)

// Lists returns the paths of the arrays of objects in an answer, as
// definitions write them: those that lie least deep come first.
func Lists(body []byte) (paths []string) {
	type place struct {
		path string
		at   gjson.Result
	}
	level := []place{{"", parse(body)}}
	if isList(level[0].at) {
		return []string{"@this"}
	}
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
				case isList(v):
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

package advice

import (
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

const (
	mostURLs = 3 // paths that are named
	deepest  = 6 // keys of a path
)

// URLs returns paths, as gjson has them, at which an answer has URLs: at most three.
func URLs(answer []byte) (paths []string) {
	var look func(at gjson.Result, path []string)
	look = func(at gjson.Result, path []string) {
		if len(paths) == mostURLs || len(path) > deepest {
			return
		}
		if at.Type == gjson.String && (strings.HasPrefix(at.Str, "https://") || strings.HasPrefix(at.Str, "http://")) {
			if text := strings.Join(path, "."); text != "" && !slices.Contains(paths, text) {
				paths = append(paths, text)
			}
			return
		}
		list := at.IsArray()
		if !list && !at.IsObject() {
			return
		}
		at.ForEach(func(key, value gjson.Result) bool {
			name := "#"
			if !list {
				name = gjson.Escape(key.Str)
			}
			look(value, append(slices.Clone(path), name))
			return len(paths) < mostURLs
		})
	}
	look(gjson.ParseBytes(answer), nil)
	return paths
}

package ref

import (
	"bytes"
	"fmt"
	"strings"
	"unsafe"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// errTwice is a key on the way to what a key of the definition reads that
// stands twice in one object, with different values: readers of JSON differ in
// which of them they take, so neither is what the API says.
type errTwice struct{ key, first, second string }

func (e *errTwice) Error() string {
	return fmt.Sprintf("the answer has the key %q twice, with different values: `%s` and `%s`", e.key, secret.Clip(e.first), secret.Clip(e.second))
}

// twice looks for a key that stands twice, with different values, on the way of
// a path through proven JSON, as far as the path leads from key to key. It
// returns nil where there is none.
func twice(body []byte, path string) *errTwice {
	body = bytes.TrimLeft(body, " \t\r\n\uFEFF")
	at := gjson.Parse(unsafe.String(unsafe.SliceData(body), len(body))) // of which an error keeps copies alone
	for path != "" {
		key, rest, ok := cutKey(path)
		switch {
		case !ok:
			return nil
		case at.IsArray():
			at = at.Get(path[:len(path)-len(rest)-min(len(rest), 1)])
		case at.IsObject():
			first, other := members(at, key)
			if other.Exists() {
				return &errTwice{key, strings.Clone(first.Raw), strings.Clone(other.Raw)}
			}
			at = first
		default:
			return nil
		}
		path = rest
	}
	return nil
}

// cutKey cuts the first key off a gjson path; ok is false where that is
// something else.
func cutKey(path string) (key, rest string, ok bool) {
	end := 0
	for end < len(path) && path[end] != '.' {
		switch path[end] {
		case '|', '#', '*', '?', '!', '{', '}', '(', ')', '[', ']':
			return "", "", false
		case '\\':
			end++
		}
		end++
	}
	key, rest = path[:min(end, len(path))], path[min(end+1, len(path)):]
	if name, _, _ := strings.Cut(key, ":"); strings.HasPrefix(name, "@") && gjson.ModifierExists(name[1:], nil) {
		return "", "", false
	}
	if strings.Contains(key, `\`) {
		key = sources.SplitPath(key)[0]
	}
	return key, rest, key != ""
}

// members returns the first value of a key of an object, and the first one
// that differs from it.
func members(object gjson.Result, key string) (first, other gjson.Result) {
	object.ForEach(func(k, v gjson.Result) bool {
		switch {
		case k.Str != key:
		case !first.Exists():
			first = v
		case !sameValue(first, v):
			other = v
		}
		return !other.Exists()
	})
	return first, other
}

// sameValue reports whether two values are written alike, texts apart from
// their escapes.
func sameValue(a, b gjson.Result) bool {
	return a.Type == b.Type && (a.Raw == b.Raw || a.Type == gjson.String && a.Str == b.Str)
}

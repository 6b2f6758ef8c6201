package rate

import "strings"

// Matches reports whether a pattern stands for a path: each * for any text, also
// none. An empty pattern stands for all.
func Matches(pattern, path string) bool {
	if pattern == "" {
		return true
	}
	first, rest, more := strings.Cut(pattern, "*")
	path, ok := strings.CutPrefix(path, first)
	if !ok || !more {
		return ok && path == ""
	}
	parts := strings.Split(rest, "*")
	last := len(parts) - 1
	for _, part := range parts[:last] {
		at := strings.Index(path, part)
		if at < 0 {
			return false
		}
		path = path[at+len(part):]
	}
	return strings.HasSuffix(path, parts[last])
}

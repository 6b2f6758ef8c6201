package schema

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// pageStep is one step of a RecordPath. A plain one is walked while the body
// is proven; for any other one gjson is asked afterwards.
type pageStep struct {
	path  string    // as in the definition, "@this" for the place itself
	keys  []pageKey // of a plain path; none: the place itself
	pipes []string  // of any other path: gjson paths, each into what the one before gave
}

// pageKey is one component of a plain path.
type pageKey struct {
	name  string
	index int // in an array; -1: none
}

// compile checks and prepares what the RecordPath says.
func (s *PageScanner) compile() error {
	if len(s.where.Steps) == 0 {
		return errors.New("records: no path")
	}
	for _, path := range s.where.Steps {
		step, err := pageStepOf(path)
		if err != nil {
			return fmt.Errorf("records: path %q: %w", path, err)
		}
		s.steps = append(s.steps, step)
	}
	modes := 0
	for _, set := range []bool{s.where.Single, s.where.Keyed != "", len(s.where.Columns) > 0, s.where.ColumnsPath != ""} {
		if set {
			modes++
		}
	}
	if modes > 1 {
		return errors.New("records: single, keyed and columns exclude each other")
	}
	if s.where.Keyed != "" {
		s.field = slices.Concat([]byte("{"), raw.Quote(s.where.Keyed), []byte(":"))
	}
	return s.columns.compile(s.where.Columns, s.where.ColumnsPath)
}

// pageStepOf reads a gjson path.
func pageStepOf(path string) (pageStep, error) {
	if path == "" || path == "@this" {
		return pageStep{path: "@this"}, nil
	}
	backslashes := len(path) - len(strings.TrimRight(path, `\`))
	switch {
	case !utf8.ValidString(path):
		return pageStep{}, errors.New("is not UTF-8")
	case backslashes%2 == 1:
		return pageStep{}, errors.New("ends in a backslash")
	case strings.HasPrefix(path, ".."):
		return pageStep{}, errors.New("reads JSON lines, and a body is one value")
	}
	if keys, ok := pageKeysOf(path); ok {
		if slices.ContainsFunc(keys, func(k pageKey) bool { return k.name == "" }) {
			return pageStep{}, errors.New("has an empty key")
		}
		return pageStep{path: path, keys: keys}, nil
	}
	pipes := pagePipesOf(path)
	for _, pipe := range pipes {
		if err := pagePipeSane(pipe); err != nil {
			return pageStep{}, err
		}
	}
	return pageStep{path: path, pipes: pipes}, nil
}

// pageFromString is the modifier that reads JSON in a string.
const pageFromString = "@fromstr"

// pagePipeSane refuses what yields a value where nothing is there: an answer
// without records would be taken for an empty page.
func pagePipeSane(pipe string) error {
	switch {
	case pipe == "":
		return errors.New("has nothing between its pipes")
	case pipe == pageFromString:
		return nil
	case strings.Contains(pipe, pageFromString):
		return errors.New("@fromstr must stand alone between pipes")
	case pipe[0] == '!':
		return errors.New("a static value (!) lies nowhere in the body")
	case pipe[0] == '[' || pipe[0] == '{':
		return errors.New("a value put together ([…] or {…}) lies nowhere in the body")
	}
	return nil
}

// pageKeysOf splits a plain path: keys and indexes with dots between, `\`
// before a character that is meant as it is. It reports false for a path that
// needs gjson.
func pageKeysOf(path string) ([]pageKey, bool) {
	var keys []pageKey
	var name []byte
	escaped, start := false, true
	for i := 0; i <= len(path); i++ {
		if i == len(path) || path[i] == '.' {
			keys = append(keys, pageKeyOf(string(name), escaped))
			name, escaped, start = name[:0], false, true
			continue
		}
		switch c := path[i]; {
		case c == '\\':
			escaped = true
			i++ // pageStepOf saw that one follows
		case strings.IndexByte("#*?|", c) >= 0, start && strings.IndexByte("@![{", c) >= 0:
			return nil, false
		}
		name = append(name, path[i])
		start = false
	}
	return keys, true
}

// pageKeyOf reads digits as an index too, as gjson does, if none is escaped.
func pageKeyOf(name string, escaped bool) pageKey {
	if n, err := strconv.ParseUint(name, 10, 31); err == nil && !escaped {
		return pageKey{name: name, index: int(n)}
	}
	return pageKey{name: name, index: -1}
}

// pagePipesOf splits a path where gjson pipes: at |, and before and after a
// modifier. Asked one by one, each is seen to lead somewhere; asked at once,
// gjson makes [] of a path that leads nowhere and ends in @values.
func pagePipesOf(path string) []string {
	var pipes []string
	from, depth := 0, 0
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c == '\\':
			i++
		case c == '"' && depth > 0:
			i += pageQuoted(path[i:])
		case strings.IndexByte("([{", c) >= 0 && (depth > 0 || pageOpens(path[from:i])):
			depth++
		case strings.IndexByte(")]}", c) >= 0 && depth > 0:
			depth--
		case depth == 0 && (c == '|' || c == '.' && pagePipesAt(path[from:i], path[i+1:])):
			pipes = append(pipes, path[from:i])
			from = i + 1
		}
	}
	return append(pipes, path[from:])
}

// pageOpens says whether a bracket after this part of a path opens a query or
// a modifier's argument; in a key it is a character like any other.
func pageOpens(before string) bool {
	return before == "" || strings.HasSuffix(before, "#") || strings.HasPrefix(before, "@")
}

// pagePipesAt says whether the dot between two parts of a path is a pipe.
func pagePipesAt(before, after string) bool {
	switch {
	case strings.HasPrefix(before, "@"):
		// An argument that is not JSON goes on to the next pipe.
		_, arg, ok := strings.Cut(before, ":")
		return !ok || arg != "" && strings.IndexByte(`{["`, arg[0]) >= 0
	case after == "", strings.HasPrefix(before, "#"), strings.Contains(before, ".#"):
		return false // after # it is not: what follows is asked of each element
	case after[0] == '@':
		name := after[1:]
		if end := strings.IndexAny(name, ".|:"); end >= 0 {
			name = name[:end]
		}
		return gjson.ModifierExists(name, nil)
	}
	return after[0] == '[' || after[0] == '{'
}

// pageQuoted returns how far the closing quote of s is from its opening one.
func pageQuoted(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(s)
}

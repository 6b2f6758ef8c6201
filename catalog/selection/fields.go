package selection

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources/document"
)

// Stream returns the entry of a stream of which no fields are named.
func Stream(name string) *catalog.Stream {
	return &catalog.Stream{ID: name, Name: name, Selected: true}
}

// Fields returns the entry of a stream whose records have this schema; keys are fields
// that leave in any case. A schema that names no field stands for one that is not known:
// what is left out is, and fields that are selected cannot be told apart.
func (s *Selection) Fields(stream string, schema json.RawMessage, keys []string) (*catalog.Stream, error) {
	root := fieldsOf(gjson.ParseBytes(schema))
	c := &chosen{whole: true}
	for _, p := range s.patterns {
		if !p.stream.MatchString(stream) {
			continue
		}
		switch {
		case p.fields == nil && !p.without:
			c.named = true
		case p.without:
			c.without = append(c.without, p)
		default:
			c.with = append(c.with, p)
		}
		if p.fields != nil {
			p.visit(nil, root)
		}
	}
	c.whole = c.named || c.with == nil
	entry := Stream(stream)
	entry.Closed = !c.whole && root != nil
	drop := c.drop(nil, root)
	if root == nil {
		drop = c.plainly()
	}
	entry.Mask = catalog.NewMask(drop)
	gone := func(f field) bool { return entry.Mask.Drops(f.name) }
	if len(root) > 0 && len(keys) == 0 && !slices.ContainsFunc(root, func(f field) bool { return !gone(f) }) {
		return nil, fmt.Errorf("it leaves no field of %s, which has no key: leave the stream out by !%[1]s", stream)
	}
	return entry, nil
}

// Check returns an error for fields that no stream has that was looked at.
func (s *Selection) Check() error {
	var unknown []error
	for _, p := range s.patterns {
		if p.fields != nil && !p.used && p.known != nil {
			unknown = append(unknown, errors.New(p.text+": "+document.Unknown("field", p.fieldText(), p.known)))
		}
	}
	return errors.Join(unknown...)
}

// fieldText is the field of a pattern as it is written.
func (p *pattern) fieldText() string {
	parts := strings.Split(p.text, ".")
	return strings.Join(parts[len(parts)-len(p.fields):], ".")
}

// visit notes which fields there are, and whether the pattern matches one.
func (p *pattern) visit(above []string, fields []field) {
	for _, f := range fields {
		path := append(slices.Clone(above), f.name)
		p.known = append(p.known, strings.Join(path, "."))
		p.used = p.used || matches(p.fields, path) && len(path) == len(p.fields)
		p.visit(path, f.within)
	}
}

// chosen is what a selection says of the fields of one stream.
type chosen struct {
	named, whole  bool // the stream itself is named; all fields are wanted that nothing leaves out
	with, without []*pattern
}

// drop returns the paths of the fields that are not wanted.
func (c *chosen) drop(above []string, fields []field) (paths [][]string) {
	for _, f := range fields {
		path := append(slices.Clone(above), f.name)
		if c.isLeftOut(path) || !c.isWanted(path) {
			paths = append(paths, path)
			continue
		}
		paths = append(paths, c.drop(path, f.within)...)
	}
	return paths
}

// plainly returns the paths that are left out by their names.
func (c *chosen) plainly() (paths [][]string) {
	for _, p := range c.without {
		if text := p.fieldText(); !strings.Contains(text, "*") {
			paths = append(paths, strings.Split(text, "."))
		}
	}
	return paths
}

func (c *chosen) isLeftOut(path []string) bool {
	return slices.ContainsFunc(c.without, func(p *pattern) bool { return len(p.fields) == len(path) && matches(p.fields, path) })
}

// isWanted reports whether a field is selected, or something that it lies in or has in it.
func (c *chosen) isWanted(path []string) bool {
	return c.whole || slices.ContainsFunc(c.with, func(p *pattern) bool { return matches(p.fields, path) })
}

// matches reports whether steps and names are the same, as far as both go.
func matches(steps []*regexp.Regexp, path []string) bool {
	for i := range min(len(steps), len(path)) {
		if !steps[i].MatchString(path[i]) {
			return false
		}
	}
	return true
}

// field is one of a schema, and those in it.
type field struct {
	name   string
	within []field
}

// fieldsOf returns the fields that a schema names, in objects and in elements of arrays.
func fieldsOf(schema gjson.Result) (all []field) {
	add := func(more []field) {
		for _, f := range more {
			if i := slices.IndexFunc(all, func(have field) bool { return have.name == f.name }); i < 0 {
				all = append(all, f)
			}
		}
	}
	schema.Get("properties").ForEach(func(name, sub gjson.Result) bool {
		add([]field{{name.String(), fieldsOf(sub)}})
		return true
	})
	for _, key := range []string{"items", "anyOf", "oneOf", "allOf"} {
		switch sub := schema.Get(key); {
		case sub.IsObject():
			add(fieldsOf(sub))
		case sub.IsArray():
			for _, one := range sub.Array() {
				add(fieldsOf(one))
			}
		}
	}
	return all
}

package plan

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/ref"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
)

// Children makes contexts of the records of a parent.
type Children struct {
	axis   sources.PartitionSource
	names  []string
	paths  []string
	looked lookedAt
}

// NewChildren returns what an axis with a parent makes of its records.
func NewChildren(child *sources.Stream, axis sources.PartitionSource) *Children {
	c := &Children{axis: axis, looked: lookedAt{any: child.ContextPaths(), asked: child.AskedPaths()}}
	if axis.Batch > 1 { // in a list, templates look for nothing by name
		c.looked.any = nil
	}
	for _, key := range axis.Keys {
		c.names, c.paths = append(c.names, key.Name), append(c.paths, key.Value.Const.Text())
	}
	return c
}

// Files reports whether the records name files.
func (c *Children) Files() bool { return c.axis.File != nil }

// Of returns the context that a parent's record leads to, on top of the one that
// the parent was read in. It reports false for a record for which "when" is not
// true.
func (c *Children) Of(record []byte, inherited Context, vars expr.Vars) (Context, bool, error) {
	if c.axis.When != nil {
		vars[sources.VarRecord], vars[sources.VarPartition] = expr.JSONBytes(record), inherited.Value
		v, err := c.axis.When.Eval(vars)
		if err != nil {
			return Context{}, false, c.fault(record, "when: %v", err)
		}
		if !sources.Holds(v) {
			return Context{}, false, nil
		}
	}
	values := make([]expr.Value, len(c.paths))
	for i, path := range c.paths {
		v := ref.At(record, path)
		if v.Missing() {
			return Context{}, false, c.fault(record, "the record has no %s (keys.%s), which would ask for everything (where that is right, when leaves such records out)", path, c.names[i])
		}
		values[i] = expr.JSON(string(v.AppendJSON(nil))) // the record's memory is not ours
		if what := c.looked.lacking(c.names[i], values[i]); what != "" {
			return Context{}, false, c.fault(record, "the record gives %s", what)
		}
	}
	if c.axis.File == nil {
		return inherited.with(c.names, values), true, nil
	}
	return c.fileOf(record, inherited, values, vars)
}

// fileOf is Of where the record names a file.
func (c *Children) fileOf(record []byte, inherited Context, values []expr.Value, vars expr.Vars) (Context, bool, error) {
	vars[sources.VarRecord], vars[sources.VarPartition] = expr.JSONBytes(record), inherited.Value
	v, err := c.axis.File.Eval(vars)
	link := ""
	if err == nil && !v.Missing() && v.Kind() != expr.KindNull {
		link = v.Text()
	}
	if err == nil && link == "" {
		err = errors.New("it has none: where that is right, files.when leaves such records out")
	}
	var at *url.URL
	if err == nil {
		at, err = url.Parse(link)
	}
	if err != nil {
		return Context{}, false, c.fault(record, "the link to its file: %v", err)
	}
	ctx := inherited.with(append(c.names[:len(c.names):len(c.names)], sources.FileKey), append(values, expr.String(uri.Unsigned(at).String())))
	ctx.Link = strings.Clone(link) // the record's memory is not ours
	return ctx, true, nil
}

// fault is an error about a record of the parent.
func (c *Children) fault(record []byte, format string, args ...any) error {
	place := "partition_by: parent " + c.axis.Parent
	if c.axis.File != nil {
		place = "files: a record of the listing"
	}
	return fmt.Errorf("line %d: %s: %s: %s", c.axis.Line, place, fmt.Sprintf(format, args...), clip([]byte(uri.Scrub(string(record)))))
}

// Batches makes of the contexts that records of one page led to those that are
// walked: with batch, the keys of several are lists in one. A context that is
// there twice is taken once.
func (c *Children) Batches(found []Context, inherited Context) []Context {
	seen := make(map[uint64]bool, len(found))
	apart := found[:0]
	for _, ctx := range found {
		if !seen[ctx.Hash] {
			seen[ctx.Hash] = true
			apart = append(apart, ctx)
		}
	}
	if c.axis.Batch <= 1 {
		return apart
	}
	var all []Context
	for len(apart) > 0 {
		n := min(c.axis.Batch, len(apart))
		all = append(all, c.join(apart[:n], inherited))
		apart = apart[n:]
	}
	return all
}

// join makes one context of several.
func (c *Children) join(several []Context, inherited Context) Context {
	lists := make([]expr.Value, len(c.names))
	for i, name := range c.names {
		items := make([]expr.Value, len(several))
		for j, one := range several {
			items[j] = one.Value.Get(name)
		}
		lists[i] = expr.List(items)
	}
	return inherited.with(c.names, lists)
}

// clip shortens what a message quotes.
func clip(raw []byte) []byte {
	const most = 120
	if len(raw) <= most {
		return raw
	}
	n := most
	for n > 0 && !utf8.RuneStart(raw[n]) {
		n--
	}
	return append(raw[:n:n], "…"...)
}

package rules

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// mostEntries is how many entries partition_by may have.
const mostEntries = 16

// contexts reports entries of partition_by that do not go together, and templates
// that look at a value which no entry gives.
func (s *streams) contexts() {
	c := &contextCheck{s, ancestry{defined: s.def, known: map[*sources.Stream]*offer{}}}
	for i, one := range s.def.Streams {
		if len(one.PartitionBy) > mostEntries {
			s.Problem(s.partitions[i], "has %d entries; there may be %d", len(one.PartitionBy), mostEntries)
			continue
		}
		for j := range one.PartitionBy {
			c.entry(s.partitions[i].List()[j], one, &one.PartitionBy[j])
		}
		if given := c.of(one); given.certain {
			c.looksAtContext(i, one, given)
			c.used(s.partitions[i], one)
		}
	}
}

// contextCheck looks at partition_by, of one stream after the other.
type contextCheck struct {
	*streams
	ancestry
}

// offer is which values the contexts of a stream have.
type offer struct {
	ever, always []string // in some of them, in all
	certain      bool     // false where a parent is unknown, or its own child
}

// ancestry finds out what the contexts of streams have, of each once.
type ancestry struct {
	defined *sources.Definition
	known   map[*sources.Stream]*offer
}

func (a ancestry) of(s *sources.Stream) *offer {
	if o := a.known[s]; o != nil {
		return o
	}
	o := &offer{}
	a.known[s] = o // what a parent that is its own child finds
	certain := true
	var own []string
	var parents []*offer
	for i := range s.PartitionBy {
		axis := &s.PartitionBy[i]
		if axis.Parent == "" {
			own = append(own, axis.Name)
			continue
		}
		through := a.through(axis)
		certain = certain && through.certain
		parents = append(parents, through)
	}
	o.ever, o.always, o.certain = slices.Clone(own), slices.Clone(own), certain
	for i, p := range parents {
		o.ever = append(o.ever, p.ever...)
		if i == 0 {
			o.always = append(o.always, p.always...)
			continue
		}
		o.always = slices.DeleteFunc(o.always, func(name string) bool { return !slices.Contains(own, name) && !slices.Contains(p.always, name) })
	}
	slices.Sort(o.ever)
	o.ever = slices.Compact(o.ever)
	return o
}

// through is what the contexts have that a parent's records lead to.
func (a ancestry) through(axis *sources.PartitionSource) *offer {
	parent := a.defined.Stream(axis.Parent)
	if parent == nil {
		return &offer{}
	}
	o, keys := a.of(parent), keysOf(axis)
	return &offer{append(keys, o.ever...), append(keys[:len(keys):len(keys)], o.always...), o.certain}
}

// keysOf returns the names that an entry gives.
func keysOf(axis *sources.PartitionSource) (names []string) {
	if axis.Parent == "" {
		return []string{axis.Name}
	}
	for _, key := range axis.Keys {
		names = append(names, key.Name)
	}
	if axis.File != nil {
		names = append(names, sources.FileKey)
	}
	return slices.Clip(names)
}

// entry reports what is wrong with an entry beside those before it.
func (c *contextCheck) entry(n *document.Node, s *sources.Stream, axis *sources.PartitionSource) {
	for i := range s.PartitionBy {
		other := &s.PartitionBy[i]
		if other == axis {
			break
		}
		if axis.Parent != "" && other.Parent != "" {
			continue // each parent has contexts of its own, which may have the same names
		}
		c.hides(n, axis, keysOf(other), "another entry gives it")
		c.hides(n, axis, c.inherited(other), "the contexts of "+document.Clip(other.Parent)+" have it")
		for _, name := range keysOf(other) {
			if slices.Contains(c.inherited(axis), name) {
				c.Problem(n, "the contexts of %s have a value %s, which another entry gives too: take another name", parentOf(axis), document.Clip(name))
			}
		}
	}
	c.hides(n, axis, c.inherited(axis), "the contexts of "+parentOf(axis)+" have it")
	if axis.Parent == "" {
		c.values(n.Get("values"))
		return
	}
	c.changed(n, axis, c.def.Stream(axis.Parent))
	if timed := c.timed(axis, map[string]bool{}); timed != "" && s.Known.MarkDeleted {
		c.Problem(n.Get("parent"), "is not possible beside on_delete: mark: stream %s has incremental, and a record of it that lies behind the end of what is asked for, as one that was just changed, is not gone, nor are those below it",
			document.Clip(timed))
	}
	if axis.ChangedOnly && axis.Batch > 1 && s.Incremental != nil {
		c.Problem(n.Get("batch"), "is not possible beside changed_only in a stream with a replication_key: the parents that changed are other ones each time, so each batch would be new and read from its start")
	} else if axis.Batch > 1 && s.Incremental != nil {
		c.Warn(n.Get("batch"), "a batch is one context: where a parent comes or goes, the batches after it hold others than before, and are read from their start")
	}
}

// parentOf names the parent of an entry in messages.
func parentOf(axis *sources.PartitionSource) string {
	if axis.File != nil {
		return "its listing"
	}
	return document.Clip(axis.Parent)
}

// inherited returns the names that contexts have already before an entry gives its own.
func (a ancestry) inherited(axis *sources.PartitionSource) []string {
	if parent := a.defined.Stream(axis.Parent); parent != nil && a.of(parent).certain {
		return a.of(parent).ever
	}
	return nil
}

// timed returns the first stream among a parent and those above it that is read
// by time; "": there is none.
func (a ancestry) timed(axis *sources.PartitionSource, seen map[string]bool) string {
	parent := a.defined.Stream(axis.Parent)
	if parent == nil || seen[parent.Name] {
		return ""
	}
	if seen[parent.Name] = true; parent.Incremental != nil {
		return parent.Name
	}
	for i := range parent.PartitionBy {
		if name := a.timed(&parent.PartitionBy[i], seen); name != "" {
			return name
		}
	}
	return ""
}

// hides reports names of an entry that are taken.
func (c *contextCheck) hides(n *document.Node, axis *sources.PartitionSource, taken []string, why string) {
	for _, name := range keysOf(axis) {
		if slices.Contains(taken, name) {
			c.Problem(n, "gives the value %s, and %s: take another name", document.Clip(name), why)
		}
	}
}

// values reports values that are no list, or none.
func (c *contextCheck) values(n *document.Node) {
	switch {
	case n == nil || n.Read == nil:
	case n.Shape != document.List && !(n.Shape == document.Text && expr.IsTemplate(n.Text)):
		c.Problem(n, "wants a list, or a template of one, as \"{{ config.accounts }}\"")
	case n.Shape == document.List && len(n.Items) == 0:
		c.Problem(n, "is empty: there would be nothing to read")
	}
	for _, item := range n.List() {
		if item.Shape == document.Null {
			c.Problem(item, "is null: it would ask for everything")
		}
	}
}

// changed reports changed_only where nothing says which parents have changed.
func (c *contextCheck) changed(n *document.Node, axis *sources.PartitionSource, parent *sources.Stream) {
	if !axis.ChangedOnly || parent == nil || axis.File != nil {
		return
	}
	if inc := parent.Incremental; inc == nil || inc.Windows.Format == "integer" || !inc.Bookmark.IsZero() {
		c.Problem(n.Get("changed_only"), "needs a parent that is asked for what changed since a time: %s has no replication_key that is one", document.Clip(parent.Name))
	} else if inc.Windows.Whole || parent.EndsWindow() && unitOf(inc.Windows) >= time.Hour {
		c.Problem(n.Get("changed_only"), "needs a parent that is asked for all that changed up to now: windows of %s end before (whole_windows, or {{ window.end }} in a format without minutes), "+
			"and what changes again until they are asked for would be missed, with what changed of it; leave window.end out of the requests of %[1]s, or changed_only out", document.Clip(parent.Name))
	}
}

// looksAtContext reports a value of the context that there is none of.
func (c *contextCheck) looksAtContext(i int, s *sources.Stream, given *offer) {
	n := c.partitions[i]
	if n == nil {
		n = c.entries[i]
	}
	s.EachTemplate(func(t *expr.Template) {
		for _, keys := range t.Reads("partition") {
			switch {
			case len(s.PartitionBy) == 0:
				c.Problem(n, "a template of the stream uses partition: needs partition_by, which says what it is")
			case len(keys) == 0 || slices.Contains(given.always, keys[0]):
			case slices.Contains(given.ever, keys[0]) && sources.HasFallback(t):
			case slices.Contains(given.ever, keys[0]):
				c.Problem(n, "not every parent gives partition.%s, which the stream's templates use: give it in the keys of each, since several parents are read one after the other, not in combinations", document.Clip(keys[0]))
			default:
				c.Problem(n, "no entry gives partition.%s, which the stream's templates use; its contexts have %s", document.Clip(keys[0]), cmp.Or(strings.Join(given.ever, ", "), "no values"))
			}
		}
	})
}

// used reports a stream whose requests look at no context, and warns of entries
// that they do not look at.
func (c *contextCheck) used(n *document.Node, s *sources.Stream) {
	used, all := map[string]bool{}, false
	s.EachOfRequests(func(t *expr.Template) {
		for _, keys := range t.Reads("partition") {
			if all = all || len(keys) == 0; len(keys) > 0 {
				used[keys[0]] = true
			}
		}
	})
	for j := range s.PartitionBy {
		names := keysOf(&s.PartitionBy[j])
		switch {
		case s.PartitionBy[j].File != nil: // the link is sent, which it is made of
		case all || len(names) == 0 || names[0] == "" || slices.ContainsFunc(names, func(name string) bool { return used[name] }):
		case len(used) == 0:
			c.Problem(n, "nothing in the stream's request uses partition, so each context would ask for the same: send {{ partition.%s }}", document.Clip(names[0]))
			return
		default:
			c.Warn(n.List()[j], "nothing in the stream's request uses it, so for each of its values the same is asked: send {{ partition.%s }}", document.Clip(names[0]))
		}
	}
}

package rules

import (
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
)

// Streams reports what the streams of a definition are to each other, and finds the one
// that proves the settings. Entries are the maps of the streams, and partitions their
// partition_by, nil for none.
func Streams(d *document.Document, root *document.Node, def *sources.Definition, entries, partitions []*document.Node) {
	s := &streams{d, def, entries, partitions}
	s.names(root.Get("streams"))
	s.parents()
	s.contexts()
	s.check(root.Get("check"))
}

// streams checks those of a definition.
type streams struct {
	*document.Document
	def        *sources.Definition
	entries    []*document.Node
	partitions []*document.Node
}

// names reports streams of the same name.
func (s *streams) names(all *document.Node) {
	seen := map[string]int{}
	for _, n := range all.Items {
		name := n.Get("name")
		if name == nil || name.Read == nil {
			continue
		}
		if line, twice := seen[name.Text]; twice {
			s.Problem(name, "two streams have the name %q, the first on line %d", document.Clip(name.Text), line)
			continue
		}
		seen[name.Text] = name.Line
	}
}

// parents reports parents that are no streams, or their own children.
func (s *streams) parents() {
	n := len(s.def.Streams)
	f := family{s, streamNames(s.def), make(map[string]int, n), make([]bool, n), make([]bool, n)}
	for i, one := range s.def.Streams {
		if _, twice := f.index[one.Name]; !twice {
			f.index[one.Name] = i
		}
	}
	for i := range s.def.Streams {
		f.visit(i)
	}
}

// family finds streams that are their own ancestors.
type family struct {
	*streams
	all        []string
	index      map[string]int
	open, done []bool
}

func (f *family) visit(i int) {
	if f.done[i] {
		return
	}
	f.done[i], f.open[i] = true, true
	for j, p := range f.def.Streams[i].PartitionBy {
		if p.Parent == "" {
			continue
		}
		at := f.partitions[i].List()[j].Get("parent")
		parent, found := f.index[p.Parent]
		switch {
		case !found:
			f.Problem(at, "%s", f.Unknown("stream", p.Parent, f.all))
		case f.open[parent]:
			byWay := ""
			if parent != i {
				byWay = ", by way of " + document.Clip(f.def.Streams[i].Name)
			}
			f.Problem(at, "stream %s is its own parent%s", document.Clip(p.Parent), byWay)
		default:
			f.visit(parent)
		}
	}
	f.open[i] = false
}

// streamNames returns the names of the streams.
func streamNames(d *sources.Definition) []string {
	var names []string
	for _, s := range d.Streams {
		names = append(names, s.Name)
	}
	return names
}

// check finds the stream that proves the settings.
func (s *streams) check(n *document.Node) {
	var roots []string
	for _, one := range s.def.Streams {
		if !one.HasParent() {
			roots = append(roots, one.Name)
		}
	}
	switch {
	case n == nil || n.Read == nil:
	case s.def.Stream(n.Text) == nil:
		s.Problem(n, "%s", s.Unknown("stream", n.Text, streamNames(s.def)))
	case !slices.Contains(roots, n.Text):
		s.Problem(n, "stream %s has a parent, and one request is all that a check makes: name a stream without one (%s)", document.Clip(n.Text), strings.Join(roots, ", "))
	default:
		s.def.Check = n.Text
		if other := slices.IndexFunc(s.def.Streams, func(one *sources.Stream) bool { return !one.HasParent() && one.Pagination.Export == nil }); other >= 0 && s.def.Stream(n.Text).Pagination.Export != nil {
			s.Warn(n, "each check would ask for a job, which nobody waits for: name another stream (%s)", document.Clip(s.def.Streams[other].Name))
		}
	}
}

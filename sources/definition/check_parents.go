package definition

import (
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
)

// names reports streams of the same name.
func (b *builder) names(streams *document.Node) {
	seen := map[string]int{}
	for _, n := range streams.Items {
		name := n.Get("name")
		if name == nil || name.Read == nil {
			continue
		}
		if line, twice := seen[name.Text]; twice {
			b.Problem(name, "two streams have the name %q, the first on line %d", document.Clip(name.Text), line)
			continue
		}
		seen[name.Text] = name.Line
	}
}

// parents reports parents that are no streams, or their own children.
func (b *builder) parents(def *sources.Definition) {
	n := len(def.Streams)
	f := family{b, def, streamNames(def), make(map[string]int, n), make([]bool, n), make([]bool, n)}
	for i, s := range def.Streams {
		if _, twice := f.index[s.Name]; !twice {
			f.index[s.Name] = i
		}
	}
	for i := range def.Streams {
		f.visit(i)
	}
}

// family finds streams that are their own ancestors.
type family struct {
	*builder
	def        *sources.Definition
	streams    []string
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
			f.Problem(at, "%s", f.Unknown("stream", p.Parent, f.streams))
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
func (b *builder) check(def *sources.Definition) {
	n := b.root.Get("check")
	var roots []string
	for _, s := range def.Streams {
		if !s.HasParent() {
			roots = append(roots, s.Name)
		}
	}
	switch {
	case n == nil || n.Read == nil:
	case def.Stream(n.Text) == nil:
		b.Problem(n, "%s", b.Unknown("stream", n.Text, streamNames(def)))
	case !slices.Contains(roots, n.Text):
		b.Problem(n, "stream %s has a parent, and one request is all that a check makes: name a stream without one (%s)", document.Clip(n.Text), strings.Join(roots, ", "))
	default:
		def.Check = n.Text
		if other := slices.IndexFunc(def.Streams, func(s *sources.Stream) bool { return !s.HasParent() && s.Pagination.Export == nil }); other >= 0 && def.Stream(n.Text).Pagination.Export != nil {
			b.Warn(n, "each check would ask for a job, which nobody waits for: name another stream (%s)", document.Clip(def.Streams[other].Name))
		}
	}
}

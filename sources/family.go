package sources

import "slices"

// names reports streams of the same name.
func (b *builder) names(streams *node) {
	seen := map[string]int{}
	for _, n := range streams.items {
		name := n.get("name")
		if name == nil || name.read == nil {
			continue
		}
		if line, twice := seen[name.text]; twice {
			b.problem(name, "two streams have the name %q, the first on line %d", clip(name.text), line)
			continue
		}
		seen[name.text] = name.line
	}
}

// parents reports parents that are no streams, or their own children.
func (b *builder) parents(def *Definition) {
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
	def        *Definition
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
		at := f.partitions[i].items[j].get("parent")
		parent, found := f.index[p.Parent]
		switch {
		case !found:
			f.problem(at, "%s", f.unknown("stream", p.Parent, f.streams))
		case f.open[parent]:
			f.problem(at, "stream %s is its own parent, by way of %s", clip(p.Parent), clip(f.def.Streams[i].Name))
		default:
			f.visit(parent)
		}
	}
	f.open[i] = false
}

// streamNames returns the names of the streams.
func streamNames(d *Definition) []string {
	var names []string
	for _, s := range d.Streams {
		names = append(names, s.Name)
	}
	return names
}

// check finds the stream that proves the settings.
func (b *builder) check(def *Definition) {
	n := b.root.get("check")
	var roots []string
	for _, s := range def.Streams {
		if !hasParent(s) {
			roots = append(roots, s.Name)
		}
	}
	switch {
	case n == nil && len(roots) > 0:
		def.Check = roots[0]
	case n == nil || n.read == nil:
	case def.Stream(n.text) == nil:
		b.problem(n, "%s", b.unknown("stream", n.text, streamNames(def)))
	case !slices.Contains(roots, n.text):
		b.problem(n, "stream %s has a parent: it cannot be read alone", clip(n.text))
	default:
		def.Check = n.text
	}
}

func hasParent(s *Stream) bool {
	for _, p := range s.PartitionBy {
		if p.Parent != "" {
			return true
		}
	}
	return false
}

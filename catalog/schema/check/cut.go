package check

import (
	"maps"

	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// cutTree says which members of an object are cut out, by their names; a nil
// one says that the member goes whole. Arrays do not count: it holds for the
// objects in them too.
type cutTree struct{ members map[string]*cutTree }

func newCutTree(paths [][]string) *cutTree {
	root := &cutTree{}
	for _, path := range paths {
		root.add(path)
	}
	return root
}

func (t *cutTree) add(path []string) {
	if t.members == nil {
		t.members = map[string]*cutTree{}
	}
	inside, known := t.members[path[0]]
	switch {
	case known && inside == nil: // it goes whole already
	case len(path) == 1:
		t.members[path[0]] = nil
	default:
		if inside == nil {
			inside = &cutTree{}
			t.members[path[0]] = inside
		}
		inside.add(path[1:])
	}
}

// cutKey is a check of values from which something is cut.
type cutKey struct {
	check *check
	tree  *cutTree
}

// cut returns a copy of a check that notes what is cut out of a value, and asks
// only what stays to fit. It clears onePass where the schema asks something of
// the value as a whole, as it is read again for that with everything in it.
func (c *compiler) cut(k *check, tree *cutTree) *check {
	key := cutKey{k, tree}
	if done, ok := c.cuts[key]; ok {
		return done
	}
	done := &check{kinds: kinds.Any}
	c.cuts[key] = done // arrays in arrays
	if k != nil {
		*done = *k
	}
	c.onePass = c.onePass && done.more == nil
	array := arrayCheck{most: -1}
	if done.array != nil {
		array = *done.array
		c.onePass = c.onePass && !array.wanted && !array.unique
	}
	tuple := array.tuple
	array.tuple = nil
	for _, element := range tuple {
		array.tuple = append(array.tuple, c.cut(element, tree))
	}
	array.rest = c.cut(array.rest, tree)
	done.array = &array
	done.object = c.cutMembers(done.object, tree)
	return done
}

func (c *compiler) cutMembers(o *objectCheck, tree *cutTree) *objectCheck {
	o = o.clone()
	for name, inside := range tree.members {
		k := o.member(name)
		if inside == nil {
			o.members[k].cut = true
		} else {
			o.members[k].check = c.cut(o.members[k].check, inside)
		}
	}
	for _, d := range o.depend {
		c.onePass = c.onePass && d.check == nil
	}
	c.place(o)
	return o
}

// clone returns a copy that can be given further members; of nothing, a check
// that asks nothing.
func (o *objectCheck) clone() *objectCheck {
	if o == nil {
		return &objectCheck{index: map[string]int32{}, most: -1}
	}
	c := *o
	c.members, c.index = append([]memberCheck(nil), o.members...), maps.Clone(o.index)
	c.needHigh = append([]int(nil), o.needHigh...)
	return &c
}

// cutOut notes that the member whose key is at key, and whose value ends at
// end, is cut out: with the white space around it and one comma. stays says that
// a member before it is not.
func (f *Run) cutOut(stays bool, key, end int) {
	b := f.proof.Text
	from := key
	for b[from-1] <= ' ' {
		from--
	}
	to := scan.Space(b, end)
	switch {
	case stays:
		from--
	case to < len(b) && b[to] == ',':
		to++
	}
	f.Cuts = append(f.Cuts, scan.Span{Start: from, End: to})
}

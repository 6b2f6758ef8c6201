package journal

import (
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// somePartition makes a partition with a name of either kind, as an index could
// have it.
func somePartition(r *rand.Rand, name int) *partition {
	p := &partition{name: fmt.Sprintf("partition %d", name), first: r.IntN(5) - 1, emitted: r.IntN(3) - 1, damaged: r.IntN(9) - 1, generation: r.IntN(2), started: r.IntN(2) == 0}
	if name%2 == 0 {
		p.name = hex.EncodeToString(fmt.Appendf(nil, "digest %9d", name))
	}
	p.leaving = leaving{r.IntN(4), r.Uint32N(3)}
	for range r.IntN(3) {
		p.segs = append(p.segs, r.Uint32())
	}
	one := func() (e entry) {
		e.place = Place{r.Uint32(), r.Uint32(), r.Int64(), r.Int64()}
		for i := range e.digest {
			e.digest[i] = byte(r.Uint32())
		}
		return e
	}
	for range r.IntN(4) * r.IntN(1+10*r.IntN(2)) {
		p.entries = append(p.entries, one())
	}
	for range r.IntN(3) {
		if p.waiting == nil {
			p.waiting = map[int]entry{}
		}
		p.waiting[r.IntN(100)] = one()
	}
	return p
}

func equalPartitions(a, b *partition) bool {
	x, y := *a, *b
	x.segs, x.entries, x.waiting, y.segs, y.entries, y.waiting = nil, nil, nil, nil, nil, nil
	return reflect.DeepEqual(x, y) && slices.Equal(a.segs, b.segs) && slices.Equal(a.entries, b.entries) && maps.Equal(a.waiting, b.waiting)
}

// TestPartitions: partitions that were packed come out as they went in, whether
// they are asked for, looked at, changed or forgotten.
func TestPartitions(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	all, want := &partitions{most: 5}, map[string]*partition{}
	for range 30_000 {
		p := somePartition(r, r.IntN(3000))
		got := all.get(p.name)
		switch old := want[p.name]; {
		case (got == nil) != (old == nil) || got != nil && !equalPartitions(got, old):
			t.Fatalf("got %+v, want %+v", got, old)
		case got == nil:
			all.add(p)
		default:
			*got = *p
		}
		again := *p
		again.segs, again.entries, again.waiting = slices.Clone(p.segs), slices.Clone(p.entries), maps.Clone(p.waiting)
		want[p.name] = &again
		if r.IntN(3000) == 0 {
			all.change(func(p *partition) bool {
				if p.generation == 1 {
					delete(want, p.name)
					return true
				}
				p.generation, want[p.name].generation = 2, 2
				return false
			})
		}
	}
	if len(all.awake)+len(all.tired) > 20 {
		t.Errorf("%d partitions are not packed, want a few", len(all.awake)+len(all.tired))
	}
	if least := len(all.packed.chunks) * chunkSize; all.packed.size > least || all.packed.unused > all.packed.size/2+chunkSize {
		t.Errorf("of %d bytes in %d chunks %d are not used", all.packed.size, len(all.packed.chunks), all.packed.unused)
	}
	seen := 0
	for p := range all.each {
		if seen++; want[p.name] == nil || !equalPartitions(p, want[p.name]) {
			t.Fatalf("got %+v, want %+v", p, want[p.name])
		}
	}
	if seen != len(want) {
		t.Errorf("got %d partitions, want %d", seen, len(want))
	}
}

// TestSameHash: a partition whose name has the hash of another one's is not taken
// for that one, and not packed as long as that one is.
func TestSameHash(t *testing.T) {
	all := &partitions{most: 1}
	names, seen := [2]string{}, map[uint32]string{}
	all.add(&partition{name: "first"})
	all.add(&partition{name: "second"})
	all.add(&partition{name: "third"})
	all.add(&partition{name: "fourth"})
	if len(all.packed.places) == 0 {
		t.Fatal("nothing was packed")
	}
	for i := 0; names[1] == ""; i++ {
		name := fmt.Sprint(i)
		hash := all.packed.hash(name)
		if other := seen[hash]; other != "" {
			names = [2]string{other, name}
		}
		seen[hash] = name
	}
	for i, name := range names {
		if all.get(name) != nil {
			t.Errorf("%s is there before it came", name)
		}
		all.add(&partition{name: name, generation: i + 1})
	}
	for i := range 9 {
		all.add(&partition{name: fmt.Sprint("more", i)})
	}
	for i, name := range names {
		if got := all.get(name); got == nil || got.generation != i+1 {
			t.Errorf("%s is %+v", name, got)
		}
	}
}

// TestManyPartitions: a hundred thousand partitions of an exchange take few bytes.
func TestManyPartitions(t *testing.T) {
	all := &partitions{}
	const many = 100_000
	for i := range many {
		p := &partition{name: hex.EncodeToString(fmt.Appendf(nil, "%16d", i)), emitted: -1, damaged: -1, segs: []uint32{1}}
		p.put(0, entry{place: Place{1, 400, int64(700 * i), 300}}, false)
		all.add(p)
	}
	if per := all.packed.size / len(all.packed.places); per > 70 || len(all.packed.places) < many-3*mostAwake {
		t.Errorf("%d partitions are packed, and take %d bytes each", len(all.packed.places), per)
	}
}

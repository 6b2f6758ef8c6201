package journal

// mostAwake is how many partitions of a pass are kept as they are because they
// were used last, and as many again that were used before those.
const mostAwake = 512

// partitions are those of a pass. A pass may have a hundred thousand: all but those
// that were used last are packed.
type partitions struct {
	most   int                   // that are awake; 0: mostAwake
	awake  map[string]*partition // that were used last
	tired  map[string]*partition // that were used before those
	packed packed
}

// partitionNamed returns a partition, nil where there is none. It is the caller's
// until the next but one is asked for.
func partitionNamed[T string | []byte](all *partitions, name T) *partition {
	if r := all.awake[string(name)]; r != nil {
		return r
	}
	r := all.tired[string(name)]
	if r != nil {
		delete(all.tired, r.name)
	} else if r = all.packed.take(string(name)); r == nil {
		return nil
	}
	all.add(r)
	return r
}

func (all *partitions) get(name string) *partition { return partitionNamed(all, name) }

// add adds a partition, and packs those that were not used for long.
func (all *partitions) add(r *partition) {
	if all.awake == nil {
		all.awake = map[string]*partition{}
	}
	all.awake[r.name] = r
	most := all.most
	if most == 0 {
		most = mostAwake
	}
	if len(all.awake) <= most {
		return
	}
	awake := map[string]*partition{}
	for name, r := range all.tired {
		if !all.packed.put(r) {
			awake[name] = r
		}
	}
	all.awake, all.tired = awake, all.awake
}

// each yields the partitions, which are not to be changed, in no order. One is the
// caller's until the next.
func (all *partitions) each(yield func(*partition) bool) {
	for _, some := range []map[string]*partition{all.awake, all.tired} {
		for _, r := range some {
			if !yield(r) {
				return
			}
		}
	}
	all.packed.each(yield)
}

// change changes all partitions, and forgets those of which f says so.
func (all *partitions) change(f func(*partition) (forget bool)) {
	for _, some := range []map[string]*partition{all.awake, all.tired} {
		for name, r := range some {
			if f(r) {
				delete(some, name)
			}
		}
	}
	before := all.packed
	all.packed = packed{}
	for _, place := range before.places {
		r := before.unpacked(place)
		if !f(r) && !all.packed.put(r) {
			all.add(r)
		}
	}
}

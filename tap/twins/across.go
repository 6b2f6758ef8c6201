package twins

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

// mostAcross is how many primary keys of a stream are remembered at most, of all
// its walks together.
const mostAcross = 1 << 12

// Across remembers primary keys of all walks of a stream: all as long as they are
// few, and then those whose hashes end in zeros, so that a key which is remembered of
// one walk is remembered of the others too. Its methods may be called from any
// goroutine; its zero value remembers nothing yet.
type Across struct {
	bits atomic.Uint32 // how many bits of a hash are zero in what is remembered

	mu     sync.Mutex // of what follows
	seed   maphash.Seed
	seen   map[uint64]walked // by the key
	shared bool              // a key came in two walks
}

// walked is the record that a key was seen with.
type walked struct {
	content       uint64
	walk, context uint64
	value         [38]byte // its replication value
	size          uint8    // of that; 0: it has none, or a longer one
}

func (w *walked) keep(value []byte) {
	if len(value) <= len(w.value) {
		w.size = uint8(copy(w.value[:], value))
	}
}

// Walk names a walk of a stream.
type Walk struct {
	Context uint64 // its parents or accounts; 0: it has none
	Key     string // of its partition
}

// hashes is the seed of all walks.
func (a *Across) hashes() maphash.Seed {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.seen == nil {
		a.seed, a.seen = maphash.MakeSeed(), map[uint64]walked{}
	}
	return a.seed
}

// see reports whether the key came in another context with another content, and
// leaves the replication value of that with the walk. Windows of one context show
// nothing: a record that was changed moves between them.
func (a *Across) see(key, content uint64, value []byte, t *thread) bool {
	if mixed(key)>>(64-a.bits.Load()) != 0 {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	before, known := a.seen[key]
	if known && before.walk != t.walk {
		a.shared = true
		t.before = append(t.before[:0], before.value[:before.size]...)
		return before.context != t.context && before.content != content
	}
	if known && before.content == content {
		return false
	}
	now := walked{content: content, walk: t.walk, context: t.context}
	now.keep(value)
	if a.seen[key] = now; len(a.seen) > mostAcross {
		a.thin()
	}
	return false
}

// thin forgets half of the keys; mu is held.
func (a *Across) thin() {
	bits := a.bits.Add(1)
	for key := range a.seen {
		if mixed(key)>>(64-bits) != 0 {
			delete(a.seen, key)
		}
	}
}

// mixed is a key whose highest bits are as good as random.
func mixed(key uint64) uint64 {
	key *= 0x9E3779B97F4A7C15
	return (key ^ key>>32) * 0x9E3779B97F4A7C15
}

// Different is how many different keys all walks have, where the numbers of each add
// up to so many. exactly is false where there are fewer, and nobody knows how many.
func (a *Across) Different(together int64) (n int64, exactly bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case !a.shared:
		return together, true
	case a.bits.Load() > 0:
		return together, false
	}
	return min(together, int64(len(a.seen))), true
}

// thread is what one walk has of the others.
type thread struct {
	across  *Across // nil: there are no others
	walk    uint64
	context uint64
	before  []byte
}

// Before is the replication value of the record to which the last one is a twin
// from elsewhere; nothing where nobody remembers it.
func (t *thread) Before() []byte { return t.before }

// see is as that of Across; it is false without one.
func (t *thread) see(key, content uint64, value []byte) bool {
	return t.across != nil && t.across.see(key, content, value, t)
}

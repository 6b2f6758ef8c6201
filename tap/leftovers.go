package tap

import (
	"math"
)

// add takes note of a partition of the state.
func (all leftovers) add(context uint64) {
	one := all[context]
	if one == nil {
		one = &leftover{}
		all[context] = one
	}
	one.walks++
	one.parts++
}

// holds makes a lane wait for the walks, where there are any.
func (o *leftover) holds(l *lane) {
	if o == nil {
		return
	}
	l.leftovers = append(l.leftovers, o)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.walks > 0 {
		o.waiting = append(o.waiting, l)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.active++
	}
}

// walked takes note of walks that are over, or never begin.
func (o *leftover) walked(n int) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.walks = max(0, o.walks-n); o.walks > 0 {
		return
	}
	for _, l := range o.waiting {
		l.ends()
	}
	o.waiting = nil
}

// release says that no more of them begin.
func (all leftovers) release() {
	for _, o := range all {
		o.walked(math.MaxInt)
	}
}

// more takes note of partitions that take the place of one of them, before its walk
// is over.
func (o *leftover) more(n int) {
	if o != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.walks += n
	}
}

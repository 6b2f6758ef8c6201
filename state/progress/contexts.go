package progress

import (
	"slices"

	"github.com/tap-rest/tap-rest/state"
)

// contexts are those that are done: a sorted list, which who saved it may have,
// and those that came since.
type contexts struct {
	sorted state.Contexts
	since  map[uint64]struct{}
}

// mergeFrom is from how many contexts on those that came since are sorted in.
const mergeFrom = 1024

func (c *contexts) has(hash uint64) bool {
	if _, ok := c.since[hash]; ok {
		return true
	}
	return c.sorted.Has(hash)
}

func (c *contexts) add(hash uint64) {
	if c.since == nil {
		c.since = map[uint64]struct{}{}
	}
	c.since[hash] = struct{}{}
	if len(c.since) >= mergeFrom && len(c.since) >= len(c.sorted)/4 {
		c.merge()
	}
}

func (c *contexts) remove(hash uint64) {
	delete(c.since, hash)
	if c.sorted.Has(hash) {
		c.sorted = slices.DeleteFunc(slices.Clone(c.sorted), func(other uint64) bool { return other == hash })
	}
}

// merge sorts in what came since.
func (c *contexts) merge() {
	if len(c.since) == 0 {
		return
	}
	more := make(state.Contexts, 0, len(c.since))
	for hash := range c.since {
		more = append(more, hash)
	}
	slices.Sort(more)
	c.sorted = c.sorted.With(more)
	clear(c.since)
}

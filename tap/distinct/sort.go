package distinct

import (
	"math/bits"
	"slices"
)

// fewSorted is up to how many keys are sorted at once: they stay in the processor's
// cache.
const fewSorted = 1 << 12

// sortKeys sorts keys, in their place. Very many in no order are first put into
// buckets by their highest bits: that takes one pass, and saves half of the time.
func sortKeys(keys []uint64) {
	if len(keys) <= fewSorted || slices.IsSorted(keys) {
		slices.Sort(keys)
		return
	}
	shift := max(0, bits.Len64(slices.Max(keys))-8)
	var next, ends [256]int
	for _, k := range keys {
		ends[k>>shift]++
	}
	sum := 0
	for i, n := range ends {
		next[i], ends[i] = sum, sum+n
		sum += n
	}
	start := 0
	for i := range ends {
		for next[i] < ends[i] {
			key := keys[next[i]]
			for at := int(key >> shift); at != i; at = int(key >> shift) {
				keys[next[at]], key = key, keys[next[at]]
				next[at]++
			}
			keys[next[i]] = key
			next[i]++
		}
		slices.Sort(keys[start:ends[i]])
		start = ends[i]
	}
}

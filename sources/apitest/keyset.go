package apitest

import (
	"cmp"
	"sort"
	"strconv"
)

// seekKey reads ?after, or what the form calls it: the page starts behind the record with that key.
func seekKey(x *exchange, s selection) (int, *problem) {
	after := x.q.params.Get(x.c.tokenParam())
	if after == "" {
		return 0, nil
	}
	name := cmp.Or(x.c.Key, "id")
	var buf []byte
	return sort.Search(s.len(), func(i int) bool {
		buf = x.c.record(buf[:0], s.at(i))
		return compareKeys(Field(buf, name), after) > 0
	}), nil
}

// compareKeys compares as numbers where both are, else as text.
func compareKeys(a, b string) int {
	m, errA := strconv.ParseInt(a, 10, 64)
	n, errB := strconv.ParseInt(b, 10, 64)
	if errA == nil && errB == nil {
		return cmp.Compare(m, n)
	}
	return cmp.Compare(a, b)
}

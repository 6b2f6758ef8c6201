package outline

import (
	"cmp"
	"slices"

	"github.com/tap-rest/tap-rest/sources/draft"
)

// order is that of the keys of a stream.
var order = []string{"name", "partition_by", "base_url", "auth", "path", "method", "headers", "params", "body", "records", "single", "keyed", "one_or_many", "keep", "add", "primary_key", "replication_key", "incremental", "pagination", "errors"}

// ordered sorts the keys of a stream as people write them; questions stay with
// what they are about.
func ordered(m *draft.Map) {
	slices.SortStableFunc(m.Entries, func(a, b draft.Entry) int {
		return cmp.Compare(rank(a.Key), rank(b.Key))
	})
}

func rank(key string) int {
	if at := slices.Index(order, key); at >= 0 {
		return at
	}
	return len(order)
}

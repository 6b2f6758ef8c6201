package paging

import (
	"maps"
	"slices"

	"github.com/tap-rest/tap-rest/sources"
)

// Ways are the names of all ways.
func Ways() []sources.PaginationType { return slices.Sorted(maps.Keys(ways)) }

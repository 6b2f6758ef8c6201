package rate

import "github.com/tap-rest/tap-rest/sources"

// costs are what the last answers to requests of a stream cost, which only their
// answers say.
type costs struct {
	last   [4]sources.Cost
	n      int
	flying int // requests under way
}

// likely is what the next request costs, as far as the last ones tell.
func (c *costs) likely() (most sources.Cost) {
	for _, cost := range c.last {
		most = max(most, cost)
	}
	return most
}

func (c *costs) add(cost sources.Cost) {
	c.last[c.n%len(c.last)] = cost
	c.n++
}

package apitest

import (
	"math/rand/v2"
	"slices"
)

// page is what a collection gives for one request, before it is written out.
type page struct {
	sel      selection
	from, to int   // in sel
	order    []int // positions in the collection; nil: from up to to of sel, as they are

	size  int
	total int  // as the answer says it
	next  int  // where in sel the next page starts
	more  bool // there is a next page
	lost  bool // there is, but the answer does not say where
	odd   bool // the first record is not UTF-8
}

func newPage(s selection, from, size int) page {
	to := from + min(size, s.len()-from)
	return page{
		sel: s, from: from, to: to,
		size: size, total: s.len(), next: to, more: to < s.len(),
	}
}

func (p *page) len() int {
	if p.order != nil {
		return len(p.order)
	}
	return p.to - p.from
}

// at returns the position in the collection of record i of the page.
func (p *page) at(i int) int {
	if p.order != nil {
		return p.order[i]
	}
	return p.sel.at(p.from + i)
}

// pages is how many pages hold the total.
func (p *page) pages() int {
	return (max(0, p.total) + p.size - 1) / p.size
}

// materialize lists the page's records, so that they can be reordered.
func (p *page) materialize() []int {
	if p.order == nil {
		p.order = make([]int, 0, p.to-p.from)
		for i := p.from; i < p.to; i++ {
			p.order = append(p.order, p.sel.at(i))
		}
	}
	return p.order
}

// scatter takes the page's records from a drawn order of the whole selection:
// i → a·i+b mod n, which for a prime to n meets every record once.
func (p *page) scatter(chance *rand.Rand) {
	n := p.sel.len()
	if n < 2 {
		return
	}
	a, b := 1+chance.IntN(n-1), chance.IntN(n)
	for gcd(a, n) != 1 {
		a = 1 + a%(n-1)
	}
	p.order = make([]int, 0, p.to-p.from)
	for i := p.from; i < p.to; i++ {
		p.order = append(p.order, p.sel.at((a*i+b)%n))
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// copy returns a page that can be edited apart from p.
func (p page) copy() page {
	p.order = slices.Clone(p.order)
	return p
}

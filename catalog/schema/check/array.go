package check

import "github.com/tap-rest/tap-rest/catalog/raw"

// arrayCheck is what a schema asks of arrays.
type arrayCheck struct {
	tuple    []*check // of the first elements
	rest     *check   // of those behind them; nil: nothing
	contains *check
	wanted   bool // contains is there
	unique   bool
	least    int
	most     int // -1: no limit
}

func (f *Run) checkArray(a *arrayCheck, i int) (int, verdict) {
	p, v := f.proof, fits
	n, start, contained := 0, i, breaks
	i, more := p.Enter(i, ']')
	for ; more; n++ {
		c, element := a.rest, i
		if n < len(a.tuple) {
			c = a.tuple[n]
		}
		var one verdict
		if c != nil && c.more == nil {
			i, one = f.checkPlain(c, i)
		} else {
			i, one = f.check(c, i)
		}
		if i < 0 {
			return i, unsure
		}
		v = max(v, one)
		if a.wanted && contained != fits {
			contained = min(contained, f.try(a.contains, element))
		}
		if b := p.Text; i+1 < len(b) && b[i] == ',' && b[i+1] > ' ' {
			i++
			continue
		}
		i, more = p.Next(i, ']')
	}
	if i < 0 {
		return i, unsure
	}
	if n < a.least || a.most >= 0 && n > a.most {
		return i, breaks
	}
	if a.wanted {
		v = max(v, contained)
	}
	if a.unique && n > 1 {
		v = max(v, allDiffer(p.Text[:i], start, n))
	}
	return i, v
}

// maxCompared is how many elements are compared each with each other.
const maxCompared = 64

// allDiffer says whether the n elements of the proven array that begins at i
// differ from each other. It is sure of strings without escapes alone.
func allDiffer(t raw.Text, i, n int) verdict {
	if n > maxCompared {
		return unsure
	}
	var values [maxCompared][]byte
	for c := t.Items(i); c.Next(); {
		inner, plain := t[c.Start:c.End].Plain()
		if t[c.Start] != '"' || !plain {
			return unsure
		}
		for _, other := range values[:c.Index] {
			if string(other) == string(inner) {
				return breaks
			}
		}
		values[c.Index] = inner
	}
	return fits
}

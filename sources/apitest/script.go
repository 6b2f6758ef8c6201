package apitest

import "strings"

// occasion is one request, as the rules of a script see it.
type occasion struct {
	seed    uint64
	n       int // of all requests, from 1
	path    string
	onPath  int // of the requests at this path
	attempt int // of the requests with this method, URL and body
}

// rule says which fault strikes on an occasion, if one does. salt is its own.
type rule func(o occasion, salt uint64) (Fault, bool)

// draw asks all rules.
func draw(rules []rule, o occasion) []Fault {
	var faults []Fault
	for i, r := range rules {
		if f, ok := r(o, uint64(i)); ok {
			faults = append(faults, f)
		}
	}
	return faults
}

// when adds a rule without chance.
func when(f Fault, strikes func(o occasion) bool) Option {
	return func(a *API) {
		a.rules = append(a.rules, func(o occasion, _ uint64) (Fault, bool) {
			return f, strikes(o)
		})
	}
}

// On lets f strike request n, from 1, counted over all paths.
func On(n int, f Fault) Option {
	return when(f, func(o occasion) bool { return o.n == n })
}

// From lets f strike request n and all that follow.
func From(n int, f Fault) Option {
	return when(f, func(o occasion) bool { return o.n >= n })
}

// Every lets f strike each n-th request: n, 2n, 3n…
func Every(n int, f Fault) Option {
	return when(f, func(o occasion) bool { return n > 0 && o.n%n == 0 })
}

// OnPath lets f strike the n-th request at a path, from 1.
func OnPath(path string, n int, f Fault) Option {
	return when(f, func(o occasion) bool { return o.path == path && o.onPath == n })
}

// Under lets f strike requests from to to, counted from 1 at each path that begins
// with prefix; with to 0 all from from on. Under("/files/", 1, 2, CutBody(1000))
// breaks the first two downloads of each file.
func Under(prefix string, from, to int, f Fault) Option {
	return when(f, func(o occasion) bool {
		return strings.HasPrefix(o.path, prefix) && o.onPath >= from && (to == 0 || o.onPath <= to)
	})
}

// OnAttempt lets f strike the n-th time, from 1, that the same request comes:
// OnAttempt(1, Status(503)) fails everything once.
func OnAttempt(n int, f Fault) Option {
	return when(f, func(o occasion) bool { return o.attempt == n })
}

// Chance lets one of faults strike a request with probability p. The seed and
// the request's number decide.
func Chance(p float64, faults ...Fault) Option {
	return func(a *API) {
		a.rules = append(a.rules, func(o occasion, salt uint64) (Fault, bool) {
			chance := draws(o.seed, o.n, salt)
			if len(faults) == 0 || chance.Float64() >= p {
				return Fault{}, false
			}
			return faults[chance.IntN(len(faults))], true
		})
	}
}

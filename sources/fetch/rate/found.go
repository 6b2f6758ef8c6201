package rate

import "time"

// found is the pace at which an API that refused a request of a stream for its rate
// takes them. Before the first refusal there is none. After one, a single request is
// sent now and then, until one is granted: then it is known how many were in how
// long a time. Half of that is the pace, requests follow each other evenly, and it
// rises again while all is granted. Where refusals say when requests are granted
// again, it is no less than what was granted: those pauses do the rest.
type found struct {
	perSecond float64   // 0: none
	refusedAt float64   // requests a second that were granted when it was halved last
	began     time.Time // since when requests that were granted are counted
	granted   float64
	halved    time.Time // when the last refusal came
	tries     int       // refusals since the last grant
	raised    time.Time // when it was raised last
	next      time.Time // may start
	bound     bool      // a request waited for it since it was raised
	told      bool      // the last refusal said when requests are granted again
}

const (
	// firstTry is how long after a refusal the next request is sent; after the
	// next refusal it is twice as long, and longestTry at most.
	firstTry, longestTry = time.Second, time.Minute
	// few are too few to say what an API grants: they count as so many.
	few = 10
	// slowest is the least pace, in requests a second: an API may refuse requests
	// whatever their pace is.
	slowest = 0.5
	// remembered is for how long what was granted counts in full.
	remembered = 10 * time.Minute
	// near is which part of the pace that was refused is taken quickly: behind it
	// the next refusal may be.
	near = 0.9
	// quickly and slowly are by how much of that pace it rises in a second.
	quickly, slowly = 0.1, 0.01
)

func (f *found) wait(now time.Time) time.Duration {
	if f.perSecond == 0 {
		return 0
	}
	d := f.next.Sub(now)
	f.bound = f.bound || d > 0
	return d
}

func (f *found) start(now time.Time) {
	if f.began.IsZero() {
		f.began = now
	}
	f.next = now.Add(f.apart())
}

// apart is how long after a request the next one starts.
func (f *found) apart() time.Duration {
	if f.perSecond == 0 {
		return 0
	}
	even := time.Duration(float64(time.Second) / f.perSecond)
	if f.tries == 0 {
		return even
	}
	return min(max(firstTry, even)<<min(f.tries-1, 10), max(longestTry, even))
}

// isGranted takes note of an answer that was no refusal, to a request which
// started then.
func (f *found) isGranted(started, now time.Time) {
	if f.tries > 0 && started.After(f.halved) {
		f.settle(started, now)
	}
	f.granted++
	if f.perSecond > 0 && f.bound && f.tries == 0 {
		f.rise(now)
	}
}

// settle finds the pace once requests are granted again. Where the first try was,
// the API counts in short spans, and the pace that it refused was but a little too
// fast. Where it was a later one, the spans are long, and what was granted in all
// says how much it takes.
func (f *found) settle(started, now time.Time) {
	passed := started.Sub(f.began)
	all := f.granted / passed.Seconds()
	if f.tries > 1 || f.refusedAt < all {
		f.refusedAt = all
		f.perSecond = max(all/2, slowest, f.floor(started, f.told))
	}
	f.tries, f.raised, f.bound = 0, now, false
	f.next = started.Add(f.apart())
	if passed > remembered {
		f.granted, f.began = f.granted/2, started.Add(-passed/2)
	}
}

// floor is the pace below which it does not fall: where the API says when it grants
// requests again, what it granted so far, for then a pause is what it asks for, and
// no slower pace.
func (f *found) floor(now time.Time, told bool) float64 {
	if !told {
		return 0
	}
	return f.granted / max(now.Sub(f.began), time.Second).Seconds()
}

// rise raises the pace.
func (f *found) rise(now time.Time) {
	passed := min(now.Sub(f.raised), time.Second).Seconds()
	f.raised, f.bound = now, false
	switch {
	case f.perSecond > f.refusedAt*(2-near): // far from all that is known
		f.perSecond += f.perSecond * quickly * passed
	case f.perSecond < f.refusedAt*near:
		f.perSecond += f.refusedAt * quickly * passed
	default:
		f.perSecond += f.refusedAt * slowly * passed
	}
}

// isRefused halves the pace, unless the request started before that was done for
// another one. It returns the new pace, 0 where it stays.
func (f *found) isRefused(started, now time.Time, told bool) float64 {
	if f.granted == 0 && f.perSecond == 0 || f.perSecond > 0 && !started.After(f.halved) {
		return 0 // what it takes is not known, and attempts wait by themselves; or it was halved
	}
	f.halved, f.bound, f.told = now, false, told
	f.tries++
	f.next = now.Add(f.apart())
	if f.tries > 1 {
		return 0
	}
	if f.perSecond == 0 {
		f.perSecond = max(f.granted, few) / max(now.Sub(f.began), time.Second).Seconds()
	}
	f.refusedAt = f.perSecond
	f.perSecond = max(f.perSecond/2, slowest, f.floor(now, told))
	f.next = now.Add(f.apart())
	return f.perSecond
}

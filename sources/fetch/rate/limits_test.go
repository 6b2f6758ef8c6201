package rate

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/testshare"
)

var now = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func TestPauseIsNotCutShort(t *testing.T) {
	l := newTest()
	l.Rest(now.Add(10 * time.Second))
	l.Rest(now.Add(5 * time.Second))
	if got, why := l.take("orders", "/", now); got != 10*time.Second || why != AskedPause {
		t.Errorf("got %v for %s, want 10s", got, why)
	}
}

// granter is an API that grants so many calls in every span of a length, counted
// in one of two ways.
type granter struct {
	most    int
	per     time.Duration
	sliding bool
	tells   bool // a refusal says when calls are granted again
	calls   []time.Time
}

// again is how long after a refusal the next call is granted.
func (g *granter) again(at time.Time) time.Duration {
	if !g.sliding {
		return at.Truncate(g.per).Add(g.per).Sub(at)
	}
	return g.calls[len(g.calls)-g.most].Add(g.per).Sub(at)
}

func (g *granter) grants(at time.Time) bool {
	from := at.Add(-g.per)
	if !g.sliding {
		from = at.Truncate(g.per).Add(-1)
	}
	n := 0
	for _, c := range g.calls {
		if c.After(from) {
			n++
		}
	}
	if n >= g.most {
		return false
	}
	g.calls = append(g.calls, at)
	return true
}

// simulate makes so many granted calls, with some in flight, and returns how many
// were refused, and how long it took.
func simulate(l *test, api *granter, inFlight int, granted int, latency time.Duration) (refused int, took time.Duration) {
	type call struct{ started, due time.Time }
	at := now
	var flying []call
	for granted > 0 {
		wait := time.Hour
		for len(flying) < inFlight {
			d, _ := l.take("orders", "/", at)
			if d > 0 {
				wait = d
				break
			}
			flying = append(flying, call{at, at.Add(latency/2 + rand.N(latency))})
		}
		next := at.Add(wait)
		for _, c := range flying {
			if c.due.Before(next) {
				next = c.due
			}
		}
		at = next
		kept := flying[:0]
		for _, c := range flying {
			switch {
			case c.due.After(at):
				kept = append(kept, c)
				continue
			case api.grants(at):
				granted--
				l.Granted("orders", c.started, at)
			default:
				refused++
				if api.tells {
					l.Rest(at.Add(api.again(at)))
				}
				l.Refused("orders", c.started, at, api.tells)
			}
			l.done("orders")
		}
		flying = kept
	}
	return refused, at.Sub(now)
}

// TestFound: of an API that grants 40 calls a second and does not say so, a
// thousand calls find that out with at most ten refusals, and take not much longer
// than they must.
func TestFound(t *testing.T) {
	for _, sliding := range []bool{false, true} {
		for range 20 {
			l := newTest()
			refused, took := simulate(l, &granter{most: 40, per: time.Second, sliding: sliding}, 8, 1000, 20*time.Millisecond)
			if refused > 10 || took > 45*time.Second {
				t.Errorf("sliding %v: %d refusals in %v, want at most 10 in 45s", sliding, refused, took)
			}
		}
	}
}

// TestFoundOfAny: whatever an API grants, calls come to their end, and refusals
// stay fewer than calls.
func TestFoundOfAny(t *testing.T) {
	for range testshare.Seeds(200) {
		most := 1 + rand.IntN(200) // one a second at least: the least pace is half of that
		api := &granter{most: most, per: time.Duration(1+rand.IntN(min(60, most))) * time.Second, sliding: rand.IntN(2) == 0}
		refused, took := simulate(newTest(), api, 1+rand.IntN(16), 1000, 20*time.Millisecond)
		ideal := time.Duration(1000/api.most) * api.per
		if refused > 500 || took > 4*ideal+5*time.Minute {
			t.Errorf("%d in %v, sliding %v: %d refusals, took %v, at least %v", api.most, api.per, api.sliding, refused, took, ideal)
		}
	}
}

// TestFoundWhereTold: an API that says with each refusal when calls are granted
// again is asked at the pace that it grants in all: a thousand calls take little
// longer than they must.
func TestFoundWhereTold(t *testing.T) {
	for range testshare.Seeds(100) {
		most := 2 + rand.IntN(198)
		api := &granter{most: most, per: time.Duration(1+rand.IntN(60)) * time.Second, sliding: rand.IntN(2) == 0, tells: true}
		refused, took := simulate(newTest(), api, 2+rand.IntN(15), 1000, 20*time.Millisecond)
		ideal := time.Duration((1000-1)/most) * api.per
		if took > ideal*14/10+20*time.Second {
			t.Errorf("%d in %v, sliding %v: %d refusals, took %v, at least %v", api.most, api.per, api.sliding, refused, took, ideal)
		}
	}
}

// TestPaceWhereTold: a refusal that says when requests are granted again makes none
// slower than the API granted them before; one that does not say halves the pace.
func TestPaceWhereTold(t *testing.T) {
	for told, want := range map[bool]float64{true: 10, false: 5} {
		l, at := newTest(), now
		for range 100 {
			l.take("orders", "/", at)
			at = at.Add(100 * time.Millisecond)
			l.Granted("orders", at, at)
			l.done("orders")
		}
		if got := l.Refused("orders", at, at, told); got != want {
			t.Errorf("told %v: %v requests a second, want %v", told, got, want)
		}
		l.Rest(at.Add(time.Second))
		at = at.Add(2 * time.Second)
		l.take("orders", "/", at)
		if got := l.Refused("orders", at, at.Add(time.Millisecond), told); got != 0 { // the pause was too short
			t.Errorf("told %v: the pace is %v now", told, got)
		}
		at = at.Add(4 * time.Second)
		l.take("orders", "/", at)
		l.Granted("orders", at, at)
		if got, _ := l.take("orders", "/", at); told && got > 160*time.Millisecond || !told && got < 310*time.Millisecond {
			t.Errorf("told %v: then requests are %v apart", told, got)
		}
	}
}

// TestRefusalsOfAnyPace: an API that refuses calls whatever their pace is does not
// bring a walk to a halt.
func TestRefusalsOfAnyPace(t *testing.T) {
	l, at := newTest(), now
	for n := 1; n <= 100; n++ {
		for d, _ := l.take("orders", "/", at); d > 0; d, _ = l.take("orders", "/", at) {
			at = at.Add(d)
		}
		started := at
		at = at.Add(10 * time.Millisecond)
		if n%3 == 0 {
			l.Refused("orders", started, at, false)
		} else {
			l.Granted("orders", started, at)
		}
		l.done("orders")
	}
	if took := at.Sub(now); took > 4*time.Minute {
		t.Errorf("100 calls took %v", took)
	}
}

// TestDeclared: a declared limit is never exceeded, in any span of its length.
func TestDeclared(t *testing.T) {
	refused, took := simulate(newTest(sources.RateLimit{Requests: 40, Per: time.Second}), &granter{most: 41, per: time.Second, sliding: true}, 8, 1000, 1)
	if refused > 0 || took > 27*time.Second {
		t.Errorf("%d refusals in %v, want none in 27s", refused, took)
	}
}

// TestQuota: what headers say is left is never exceeded, whatever is under way.
func TestQuota(t *testing.T) {
	for _, inFlight := range []int{1, 3, 16} {
		l := newTest()
		at, left, back, flying, refused := now, 20, now.Add(10*time.Second), 0, 0
		for granted := 0; granted < 200; {
			d, why := l.take("orders", "/", at)
			if d <= 0 {
				flying++
			}
			if d <= 0 && flying < inFlight {
				continue
			}
			if flying == 0 {
				if why != ToldQuota || d > 10*time.Second {
					t.Fatalf("waits %v for %s", d, why)
				}
				at = at.Add(d)
				continue
			}
			at = at.Add(10 * time.Millisecond)
			if !at.Before(back) {
				left, back = 20, at.Add(10*time.Second)
			}
			flying--
			if left == 0 {
				refused++
			} else {
				left--
				granted++
			}
			l.Answered("orders", http.Header{"X-Ratelimit-Remaining": {strconv.Itoa(left)}, "X-Ratelimit-Limit": {"20"},
				"X-Ratelimit-Reset": {back.Sub(at).String()}}, at, at)
			l.done("orders")
		}
		if refused > inFlight { // at most those that were sent before the first answer
			t.Errorf("%d in flight: %d refusals", inFlight, refused)
		}
	}
}

// TestQuotasOfStreams: a quota holds for the streams whose answers tell of it.
func TestQuotasOfStreams(t *testing.T) {
	l := newTest()
	say := func(stream, most, left string) {
		if d, _ := l.take(stream, "/", now); d > 0 {
			t.Fatalf("%s waits %v", stream, d)
		}
		l.Answered(stream, http.Header{"X-Ratelimit-Remaining": {left}, "X-Ratelimit-Limit": {most}, "X-Ratelimit-Reset": {"30"}}, now, now)
		l.done(stream)
	}
	say("search", "30", "0")
	say("repos", "5000", "4999")
	if d, why := l.take("search", "/", now); d != 30*time.Second || why != ToldQuota {
		t.Errorf("search waits %v for %s, want 30s", d, why)
	}
	if d, _ := l.take("repos", "/", now); d != 0 {
		t.Errorf("repos waits %v", d)
	}
	if d, _ := l.take("search", "/", now.Add(30*time.Second)); d != 0 {
		t.Errorf("search waits %v after the reset", d)
	}
}

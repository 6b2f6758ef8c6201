package simulation

import (
	"fmt"
	"time"

	"github.com/tap-rest/tap-rest/tap/fleet/budget/ledger"
)

// worker is one of the fleet, which reads one part after the other, one call at a time.
type worker struct {
	fleet  *fleet
	off    time.Duration // what its clock is wrong by
	life   life
	timer  timer // what it does next
	does   func()
	part   int // that it has; -1: none
	number int32
	beat   ledger.Time // when it last said that it has the part
	use    ledger.Use
	flying bool // a call
	waits  bool // a call waits for the budget

	holder *ledger.Holder
	leases leasing
}

// life says whether a worker is there.
type life int

const (
	lives life = iota
	isPaused
	isDead
)

// leasing is a change of the ledger that may be under way.
type leasing struct {
	timer    timer
	does     func()
	under    bool // it is; else the worker waits until it is time for one
	revision int
	ask      ledger.Ask
	changed  *ledger.Ledger
	grant    ledger.Grant
	tries    int
	since    ledger.Time
}

const unsure = time.Millisecond

func (f *fleet) start() *worker {
	f.started++
	w := &worker{fleet: f, part: -1, off: f.world.upTo(2*unsure) - unsure, holder: ledger.NewHolder(f.terms, fmt.Sprintf("worker-%d-%08x", f.started, f.world.random.Uint32()))}
	w.timer.do = func() { w.does() }
	w.leases.timer.do = func() { w.leases.does() }
	f.workers = append(f.workers, w)
	w.then(f.server.answers(2), w.asks) // what the pass is, then its plan's head
	return w
}

// then does something after a time.
func (w *worker) then(after time.Duration, does func()) {
	w.does = does
	w.fleet.world.in(after, &w.timer)
}

func (w *worker) now() ledger.Now {
	return ledger.Now{At: w.fleet.world.now.Add(w.off), Unsure: unsure}
}

// asks asks for a part.
func (w *worker) asks() { w.fleet.server.take(w) }

// gets gets one: it looks what the pass is and what is known of the part, and says that
// it works on it.
func (w *worker) gets(n int, delivery int32) {
	w.part, w.number, w.beat = n, delivery, w.fleet.world.now
	w.then(w.fleet.server.answers(4), w.begins)
}

// begins begins with a part.
func (w *worker) begins() {
	p := &w.fleet.server.parts[w.part]
	switch {
	case p.done:
		w.ends()
	case p.locks && p.busy < 2:
		p.busy++
		w.givesBack(lease)
	default:
		p.locks = true
		w.then(w.fleet.begins, w.goesOnWith)
	}
}

// goesOnWith reads what the journal lacks of the part.
func (w *worker) goesOnWith() {
	if p := &w.fleet.server.parts[w.part]; p.came < p.pages {
		w.calls()
		return
	}
	w.then(w.fleet.server.answers(2), w.keeps)
}

// givesBack gives the part back for a time, and takes another.
func (w *worker) givesBack(after time.Duration) {
	n := w.part
	w.part = -1
	w.fleet.server.comesAgain(n, after)
	w.then(w.fleet.server.answers(3), w.asks)
}

// calls sends the next call of the part, as soon as the budget lets it.
func (w *worker) calls() {
	request := ledger.Request{Cost: ledger.One, By: w}
	if len(w.fleet.terms.Limits) > 0 {
		request.Class = 1
	}
	use, wait, ok := w.holder.Take(request, w.now())
	if w.waits = !ok; w.waits {
		if wait == 0 {
			wait = time.Second
		}
		w.then(wait, w.calls)
	} else {
		w.use, w.flying = use, true
		w.then(w.fleet.api.call(), w.answered)
	}
	w.kick()
}

// answered takes an answer.
func (w *worker) answered() {
	w.landed()
	p := &w.fleet.server.parts[w.part]
	p.came++
	switch {
	case p.came < p.pages:
		w.calls()
	case p.tries == 0 && w.fleet.world.random.IntN(1000) == 0: // the target fails, say
		p.tries, p.locks = 1, false
		w.givesBack(10 * time.Second)
	default:
		w.then(w.fleet.server.answers(2), w.keeps)
	}
}

// landed says that a call is no longer under way.
func (w *worker) landed() {
	w.flying = false
	w.fleet.api.flying--
	w.holder.Done(w.use)
	w.kick()
}

// keeps has kept what the target confirmed, and says that the part is done.
func (w *worker) keeps() {
	w.fleet.kept(w.part)
	w.then(w.fleet.server.answers(3), w.done)
}

func (w *worker) done() {
	s := w.fleet.server
	if p := &s.parts[w.part]; !p.done {
		p.done, p.locks = true, false
		s.left--
	}
	w.ends()
}

// ends takes the next part.
func (w *worker) ends() {
	w.part = -1
	w.asks()
}

// isGone is what others see of a worker that is paused or dead: its part comes again one
// lease after it last said that it has it.
func (w *worker) isGone() {
	f := w.fleet
	f.world.stop(&w.leases.timer)
	if w.part < 0 {
		for i, other := range f.server.waiting {
			if other == w {
				f.server.waiting = append(f.server.waiting[:i], f.server.waiting[i+1:]...)
				break
			}
		}
		return
	}
	w.beat += (f.world.now - w.beat) / ledger.Time(lease/3) * ledger.Time(lease/3)
	f.server.comesAgain(w.part, w.beat.Add(lease).Sub(f.world.now))
}

// dies is the end of a worker.
func (w *worker) dies() {
	w.life = isDead
	w.isGone()
	w.fleet.world.stop(&w.timer)
	if w.flying {
		w.fleet.api.flying--
	}
	if w.part >= 0 && w.fleet.server.parts[w.part].delivery == w.number {
		w.fleet.server.parts[w.part].locks = false
	}
}

// isStopped pauses a worker, which knows nothing of it.
func (w *worker) isStopped(d time.Duration) {
	f := w.fleet
	w.life = isPaused
	w.isGone()
	due, was := w.timer.at, w.does
	if w.timer.place == 0 {
		due, was = f.world.now, w.asks
	}
	w.then(d, func() { w.goesOn(due, was) })
}

// goesOn goes on after a pause. Who was taken for dead gives its part up, and keeps what
// its target has confirmed.
func (w *worker) goesOn(due ledger.Time, does func()) {
	f := w.fleet
	w.life = lives
	if w.leases.under {
		f.world.in(0, &w.leases.timer)
	} else {
		w.looks()
	}
	if w.part >= 0 && f.world.now.Sub(w.beat) > lease {
		p := &f.server.parts[w.part]
		f.lost++
		if w.flying {
			w.landed()
		} else if p.came == p.pages {
			f.kept(w.part)
		}
		if p.delivery == w.number || p.busy > 0 {
			p.locks = false
		}
		w.part, w.waits = -1, false
		w.then(0, w.asks)
		return
	}
	if w.part >= 0 {
		w.beat = f.world.now
		f.server.parts[w.part].delivery++ // what would hand it out again is void
		w.number = f.server.parts[w.part].delivery
	}
	w.then(max(0, due.Sub(f.world.now)), does)
}

// kick looks whether the ledger is to be changed.
func (w *worker) kick() {
	if !w.leases.under {
		w.looks()
	}
}

// looks looks whether it is time for a lease.
func (w *worker) looks() {
	l := &w.leases
	at, ok := w.holder.Due(w.now())
	switch {
	case !ok:
		w.fleet.world.stop(&l.timer)
	case at <= w.now().At:
		l.since, l.tries, l.under = w.fleet.world.now, 0, true
		w.reads()
	default:
		l.does = w.looks
		w.fleet.world.in(at.Sub(w.now().At), &l.timer)
	}
}

// reads asks for the ledger.
func (w *worker) reads() {
	l := &w.leases
	l.tries++
	l.does = w.isRead
	w.fleet.world.in(w.fleet.server.carry(), &l.timer)
}

// isRead is the moment at which the server has read it.
func (w *worker) isRead() {
	l, s := &w.leases, w.fleet.server
	l.revision, l.does = s.revision, w.changes
	w.fleet.world.in(s.carry()+w.fleet.thinks(), &l.timer)
}

// changes says what the worker wants, and sends off what it makes of the ledger, unless that
// says all of it already. Who has read what counts no longer will come too late, and makes
// nothing of it.
func (w *worker) changes() {
	l, s := &w.leases, w.fleet.server
	l.ask, l.changed = w.holder.Ask(w.now()), nil
	if l.revision == s.revision {
		l.changed = s.ledger.Clone()
		if l.grant = l.changed.Lease(w.fleet.terms, &l.ask); l.grant.Same {
			w.leased()
			return
		}
	}
	l.does = w.writes
	w.fleet.world.in(s.carry(), &l.timer)
}

// writes is the moment at which the server has got it.
func (w *worker) writes() {
	l, s := &w.leases, w.fleet.server
	if l.revision == s.revision {
		s.write(l.changed)
		l.does = w.leased
		w.fleet.world.in(s.answers(1)/2, &l.timer)
		return
	}
	s.raced++
	l.does = w.reads
	w.fleet.world.in(s.answers(1)/2+ledger.Backoff(max(1, l.tries), w.fleet.world.random.Float64()), &l.timer)
}

// leased knows what it got.
func (w *worker) leased() {
	l, f := &w.leases, w.fleet
	w.holder.Granted(&l.ask, l.grant)
	l.under = false
	f.leases++
	f.tries = max(f.tries, l.tries)
	f.slowest = max(f.slowest, f.world.now.Sub(l.since))
	if w.waits && w.life == lives {
		w.then(0, w.calls)
	}
	w.looks()
}

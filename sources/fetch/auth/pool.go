package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// Several is an authenticator of several credentials, each with a quota of its own.
type Several interface {
	Authenticator
	Lasting
	// Size is how many credentials there are.
	Size() int
	// Choose returns the seat of the credential that asks next, for Request.Seat, or
	// how long until there is one. For each seat, Leave is called once.
	Choose(now time.Time) (seat int, wait time.Duration)
	// Leave says that a request is over.
	Leave(seat int)
	// Wait is how long until a credential may ask; 0: one may now.
	Wait(now time.Time) time.Duration
	// Answered takes note of what the answer to a proof says, before Leave. spent is how
	// long the credential may not ask, where the answer refuses it for its rate; else 0.
	Answered(p Proof, left []Left, spent time.Duration, now time.Time)
}

// Left is what an answer says is left of a quota.
type Left struct {
	Requests int64
	Reset    time.Duration // until all are there again; 0: it does not say
}

// pool proves who asks by the credential of which most is left.
type pool struct {
	keeping func() Keeping

	mu      sync.Mutex
	members []*member
}

// member is a credential of a pool.
type member struct {
	Authenticator
	place   string
	left    int64     // requests that may start, those under way taken off; -1: nobody said
	back    time.Time // when all of it is there again; zero: nobody said
	rests   time.Time // until when it may not ask, since the API refused it for its rate
	flying  int64
	used    int64
	held    bool  // the API took it
	lost    Proof // up to this one, what its login gave was refused
	losses  int   // how many were, before any was taken
	doubted bool  // the API refused it, maybe for what was asked
	out     bool  // the API refused it for good
}

func newPool(a *sources.Auth, keep func() Keeping) Authenticator {
	p := &pool{keeping: sync.OnceValue(keep)}
	logs := false
	for i, of := range a.Pool {
		own := func() Keeping {
			k := keep()
			k.Place += fmt.Sprintf("-%d", i)
			return k
		}
		m := &member{Authenticator: New(of, own), place: fmt.Sprintf("auth.of[%d]", i), left: -1}
		p.members = append(p.members, m)
		_, login := m.Authenticator.(Login)
		logs = logs || login
	}
	if logs {
		return &loginPool{p}
	}
	return p
}

// Size is how many credentials there are.
func (p *pool) Size() int { return len(p.members) }

// number is the pool's number for a proof of a member.
func (p *pool) number(i int, own Proof) Proof { return own*Proof(len(p.members)) + Proof(i) }

// of is the member that made a proof, with its own number for it.
func (p *pool) of(n Proof) (*member, Proof) {
	return p.members[n%Proof(len(p.members))], n / Proof(len(p.members))
}

// wait is how long until a credential may ask.
func (m *member) wait(now time.Time) time.Duration {
	if !m.back.IsZero() && !now.Before(m.back) {
		m.left, m.back = -1, time.Time{} // all of it is there again
	}
	until := m.rests
	if m.left == 0 && m.back.After(until) {
		until = m.back
	}
	return max(0, until.Sub(now))
}

// before reports whether a credential asks rather than another: one of which nobody
// knows how much is left, since it was not asked with; else that of which most is
// left; else that which was used less.
func (m *member) before(other *member) bool {
	switch {
	case m.doubted != other.doubted:
		return other.doubted
	case (m.left < 0) != (other.left < 0):
		return m.left < 0
	case m.left != other.left:
		return m.left > other.left
	}
	return m.used < other.used
}

// best is the credential that asks next; nil: how long until there is one. Where all
// were refused for good, there is none, and no wait. mu is held.
func (p *pool) best(now time.Time) (best int, wait time.Duration) {
	best = -1
	for i, m := range p.members {
		if m.out {
			continue
		}
		d := m.wait(now)
		switch {
		case d == 0 && (best < 0 || m.before(p.members[best])):
			best = i
		case d > 0 && (wait == 0 || d < wait):
			wait = d
		}
	}
	if best >= 0 {
		wait = 0
	}
	return best, wait
}

// Choose takes a seat.
func (p *pool) Choose(now time.Time) (seat int, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i, wait := p.best(now)
	if i < 0 {
		return 0, wait // without a wait, Prove says why
	}
	m := p.members[i]
	m.flying, m.used = m.flying+1, m.used+1
	if m.left > 0 {
		m.left--
	}
	return i + 1, 0
}

// Leave gives a seat back.
func (p *pool) Leave(seat int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.members[seat-1].flying--
}

// Wait is how long until a credential may ask.
func (p *pool) Wait(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, wait := p.best(now)
	return wait
}

// Answered takes note of what is left by the scarcest quota of an answer: requests
// that are under way may not be counted there yet, but for the one that is answered.
func (p *pool) Answered(n Proof, all []Left, spent time.Duration, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, _ := p.of(n)
	if spent > 0 && now.Add(spent).After(m.rests) {
		m.rests = now.Add(spent)
	}
	for i, said := range all {
		if left := max(0, said.Requests-m.flying+1); i == 0 || left < m.left {
			m.left, m.back = left, time.Time{}
			if said.Reset > 0 {
				m.back = now.Add(said.Reset)
			}
		}
	}
}

// Prove proves by the credential whose seat the request has; without one, by the best.
func (p *pool) Prove(ctx context.Context, r *Request) (Proof, error) {
	i := r.Seat - 1
	p.mu.Lock()
	if i < 0 || p.members[i].out {
		i, _ = p.best(time.Now())
	}
	p.mu.Unlock()
	if i < 0 {
		return 0, fmt.Errorf("auth: the API refused each of the %d credentials of the pool, or its quota is used up", len(p.members))
	}
	own, err := p.members[i].Prove(ctx, r)
	if err != nil {
		err = fmt.Errorf("%s: %w", p.members[i].place, err)
	}
	return p.number(i, own), err
}

// Refused leaves a credential out that the API refuses, where it has no other proof
// itself. One that is refused for what it asks for (403), and was never taken, is
// asked with only where no other is left: the refusal may be of who asks.
func (p *pool) Refused(ctx context.Context, n Proof, a Refusal) bool {
	m, own := p.of(n)
	another := m.Refused(ctx, own, a)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case another && !m.inVain(own, a):
		return true
	case a.told() && !m.out:
		p.leaveOut(m, fmt.Sprintf("answered %d", a.Status))
	case a.Status == http.StatusForbidden && !m.held && !m.doubted:
		m.doubted = true
	case !a.told():
		return false
	}
	i, _ := p.best(time.Now())
	return i >= 0 && !p.members[i].doubted
}

// inVain reports whether a credential logs in, but nothing that this gives is ever taken:
// not the second proof either.
func (m *member) inVain(own Proof, a Refusal) bool {
	if _, logs := m.Authenticator.(Login); !logs || m.held || !a.told() {
		return false
	}
	if own > m.lost {
		m.lost, m.losses = own, m.losses+1
	}
	return m.losses > 1
}

// leaveOut asks with a credential no more; mu is held.
func (p *pool) leaveOut(m *member, why string) {
	m.out = true
	left := 0
	for _, other := range p.members {
		if !other.out {
			left++
		}
	}
	p.keeping().Log.Warn("the API refuses a credential of the pool: it is left out for the rest of the run; check it",
		"credential", m.place, "why", p.keeping().Secrets.Redact(why), "left", left, "of", len(p.members))
}

// Accepted takes note of a proof that the API took.
func (p *pool) Accepted(n Proof) {
	m, own := p.of(n)
	if l, ok := m.Authenticator.(Lasting); ok {
		l.Accepted(own)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	m.held, m.doubted = true, false
}

// Renew takes note of it for the credential that asked.
func (p *pool) Renew(n Proof, from *url.URL, h http.Header) {
	m, own := p.of(n)
	if r, ok := m.Authenticator.(Renewing); ok {
		r.Renew(own, from, h)
	}
}

// Held reports whether the API ever took a proof.
func (p *pool) Held(n Proof) bool {
	m, own := p.of(n)
	l, ok := m.Authenticator.(Lasting)
	return ok && l.Held(own)
}

// Known is what is known of all of them.
func (p *pool) Known(vars expr.Vars) (all Known, err error) {
	for _, m := range p.members {
		known, problem := m.Known(vars)
		if problem != nil && err == nil {
			err = fmt.Errorf("%s: %w", m.place, problem)
		}
		all.Secrets = append(all.Secrets, known.Secrets.Under(m.place+".")...)
		all.Headers, all.Params = append(all.Headers, known.Headers...), append(all.Params, known.Params...)
	}
	return all, err
}

// loginPool is a pool some of whose credentials log in.
type loginPool struct{ *pool }

// logins are the members that log in, and may ask now.
func (p *loginPool) logins() (list []*member) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for _, m := range p.members {
		if _, ok := m.Authenticator.(Login); ok && !m.out && m.wait(now) == 0 {
			list = append(list, m)
		}
	}
	return list
}

// Ready reports whether each credential that may ask has logged in.
func (p *loginPool) Ready() bool {
	for _, m := range p.logins() {
		if !m.Authenticator.(Login).Ready() {
			return false
		}
	}
	return true
}

// loginRest is how long a credential is not asked with whose login failed for now,
// where the API does not say.
const loginRest = time.Minute

// Prepare logs in with each that has to. One that cannot is left out as long as there
// are others.
func (p *loginPool) Prepare(ctx context.Context, vars expr.Vars, ask Ask) error {
	for _, m := range p.logins() {
		err := m.Authenticator.(Login).Prepare(ctx, vars, ask)
		var failure *Failure
		if err == nil {
			continue
		}
		if !errors.As(err, &failure) || p.only(m) {
			return err
		}
		p.mu.Lock()
		if failure.Later {
			m.rests = time.Now().Add(max(failure.Wait, loginRest))
		} else if !m.out {
			p.leaveOut(m, err.Error())
		}
		p.mu.Unlock()
	}
	return nil
}

// only reports whether no other credential may ask now.
func (p *loginPool) only(m *member) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for _, other := range p.members {
		if other != m && !other.out && other.wait(now) == 0 {
			return false
		}
	}
	return true
}

// Spent reports whether the API refused a proof, and another one is got.
func (p *loginPool) Spent(n Proof) bool {
	m, own := p.of(n)
	l, ok := m.Authenticator.(Login)
	return ok && l.Spent(own)
}

// Answer is nothing: each credential has an answer of its own.
func (p *loginPool) Answer() expr.Value { return expr.Undefined() }

// Expired is the first template of a credential for that.
func (p *loginPool) Expired() *expr.Template {
	for _, m := range p.members {
		if l, ok := m.Authenticator.(Login); ok && l.Expired() != nil {
			return l.Expired()
		}
	}
	return nil
}

// Lasts reports whether it is known of all credentials that log in when their latest
// proofs run out.
func (p *loginPool) Lasts() bool {
	for _, m := range p.members {
		if l, ok := m.Authenticator.(Login); ok && !l.Lasts() {
			return false
		}
	}
	return true
}

var _ Login = (*loginPool)(nil)
var _ Several = (*loginPool)(nil)

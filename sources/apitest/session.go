package apitest

import "time"

// sessions is what the API remembers of walks that go on. It is guarded by the
// API's lock.
type sessions struct {
	generation uint32
	opened     uint32
	open       map[uint32]*session
}

// session is a walk that the server knows: one whose tokens expire, or a Scroll.
type session struct {
	ttl  time.Duration // 0: for ever
	used time.Time

	// of a Scroll
	id  uint32
	c   *collection
	q   query
	pos int
}

func badToken() *problem {
	return &problem{400, "invalid_cursor", "this is no cursor of this collection"}
}

func expiredToken() *problem {
	return &problem{410, "expired_cursor", "this cursor has expired; start again from the first page"}
}

// open starts a session and returns its number, from 1.
func (a *API) open(s *session) uint32 {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sessions.opened++
	s.id = a.sessions.opened
	s.used = time.Now()
	a.sessions.open[s.id] = s
	return s.id
}

// issue writes a token of the present generation.
func (a *API) issue(m mark, scope string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	m.generation = a.sessions.generation
	return m.spell(a.seed, scope)
}

// redeem reads a token and, where it has one, its session, which lives on from
// now.
func (a *API) redeem(token, scope string) (mark, *session, *problem) {
	m, ok := parseMark(token, a.seed, scope)
	if !ok {
		return mark{}, nil, badToken()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if m.generation != a.sessions.generation {
		return mark{}, nil, expiredToken()
	}
	if m.session == 0 {
		return m, nil, nil
	}
	s, ok := a.sessions.open[m.session]
	if !ok {
		return mark{}, nil, expiredToken()
	}
	now := time.Now()
	if s.ttl > 0 && now.Sub(s.used) > s.ttl {
		delete(a.sessions.open, m.session)
		return mark{}, nil, expiredToken()
	}
	s.used = now
	return m, s, nil
}

// expire kills every token that was given out so far.
func (a *API) expire() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sessions.generation++
	clear(a.sessions.open)
}

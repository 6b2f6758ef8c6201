package limits

// silence is how a client is whose API does not answer.
type silence int

const (
	waits   silence = iota + 1 // its walks wait until nothing else can go on
	asked                      // one of them that was put off asks again
	givenUp                    // no more is asked of it
)

// Silent says that the API of a client does not answer: of its lanes with several
// walks, none begins until nothing else can go on. Then one that was put off asks
// again. Where the API is silent still, the client is given up: its lanes are
// asked for their next walks, and may say that there are none. It reports whether
// they begin to wait.
func (t *Turns) Silent(client any) (news bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.changed.Broadcast()
	switch t.silent[client] {
	case 0:
		t.silent[client] = waits
		return true
	case asked:
		t.silent[client] = givenUp
	}
	return false
}

// Answers says that the API of a client answers again.
func (t *Turns) Answers(client any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.silent[client] != givenUp {
		delete(t.silent, client)
		t.changed.Broadcast()
	}
}

// GivenUp reports whether a client is given up.
func (t *Turns) GivenUp(client any) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.silent[client] == givenUp
}

// GivenUp reports whether the walk, which was put off, need not ask again.
func (t *Turn) GivenUp() bool {
	return !t.lane.Single && t.Turns.GivenUp(t.lane.Client)
}

// held reports whether no walk of a lane may begin; mu is held.
func (t *Turns) held(l *lane) bool {
	at := t.silent[l.Client]
	return !l.Single && (at == waits || at == asked)
}

// giveUp gives up the clients that wait while nothing can go on, and of which
// there is nothing that could ask again; mu is held.
func (t *Turns) giveUp() (some bool) {
	if t.free == 0 || len(t.back) > 0 || !t.stuck() || t.lateOpen > t.lateResting {
		return false
	}
	for client, at := range t.silent {
		if at == waits || at == asked {
			t.silent[client], some = givenUp, true
		}
	}
	return some
}

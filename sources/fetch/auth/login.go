package auth

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// ticket is what a login gave: what proves who asks, for a while.
type ticket struct {
	number  Proof
	answer  expr.Value    // of the login
	headers expr.Value    // likewise
	cookies *jar          // that it set; nil: none
	until   time.Time     // from when on another one is got; zero: when this one is refused
	refresh *rotationFile // by which the next one is got; nil: by what the settings say
}

// counter gives tickets out, and sends them. Whoever needs one while another gets it
// waits for that one, and takes what came of it, a failure too. A failure for good
// stays: wrong credentials are sent once in a run, before an API locks the account.
type counter struct {
	sending
	taken
	renewal sources.Renewal
	keeping func() Keeping
	signs   bool // it asks nobody: each worker has tickets of its own
	// get gets a ticket. refresh is what the fleet knows of the refresh token; nil: nothing.
	get func(ctx context.Context, vars expr.Vars, ask Ask, refresh *rotationFile) (*ticket, error)

	mu      sync.Mutex
	current *ticket // nil: none yet
	spent   Proof   // up to this one, tickets were refused
	failed  error   // for good
	common  uint64  // the number of the fleet's login that current is; who gets one has it
	getting *getting
}

// getting is a login under way.
type getting struct {
	done chan struct{}
	err  error
}

func newCounter(a *sources.Auth, keep func() Keeping) *counter {
	return &counter{
		sending: sending{a.Renewal.Headers, a.Renewal.Params, a.Type != sources.AuthSession},
		renewal: a.Renewal, keeping: sync.OnceValue(keep),
	}
}

// Prove sends what the ticket gives.
func (c *counter) Prove(_ context.Context, r *Request) (Proof, error) {
	t := c.ticket()
	if t == nil {
		return 0, errors.New("there is no login yet")
	}
	return t.number, c.put(t, r)
}

// Ready reports whether the ticket holds.
func (c *counter) Ready() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.holds()
}

func (c *counter) holds() bool {
	t := c.current
	return t != nil && t.number > c.spent && (t.until.IsZero() || time.Now().Before(t.until))
}

// Prepare gets a ticket, unless the one that is there holds.
func (c *counter) Prepare(ctx context.Context, vars expr.Vars, ask Ask) error {
	for {
		c.mu.Lock()
		if c.failed != nil || c.holds() {
			err := c.failed
			c.mu.Unlock()
			return err
		}
		g := c.getting
		if g == nil {
			g = &getting{done: make(chan struct{})}
			c.getting = g
			c.mu.Unlock()
			c.run(ctx, g, vars, ask)
			return g.err
		}
		c.mu.Unlock()
		select {
		case <-g.done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		var failure *Failure
		if errors.As(g.err, &failure) {
			return g.err
		}
		// The ticket is there, or who got it was told to stop.
	}
}

// run gets a ticket for all who wait.
func (c *counter) run(ctx context.Context, g *getting, vars expr.Vars, ask Ask) {
	t, err := c.obtain(ctx, vars, ask)
	c.mu.Lock()
	defer c.mu.Unlock()
	var failure *Failure
	if errors.As(err, &failure) && !failure.Later {
		c.failed = err
	}
	if err == nil {
		t.number = 1 + c.spent
		if c.current != nil {
			t.number = max(t.number, c.current.number+1)
		}
		c.current = t
	}
	g.err, c.getting = err, nil
	close(g.done)
}

// Refused reports whether another ticket may help.
func (c *counter) Refused(_ context.Context, p Proof, a Refusal) bool {
	if !a.told() {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spent = max(c.spent, p)
	return c.failed == nil
}

// Spent reports whether the API refused a ticket.
func (c *counter) Spent(p Proof) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return p <= c.spent
}

// Lasts reports whether it is known until when the latest ticket holds.
func (c *counter) Lasts() bool {
	t := c.ticket()
	return t != nil && !t.until.IsZero()
}

// Answer is what the last login answered.
func (c *counter) Answer() expr.Value {
	if t := c.ticket(); t != nil {
		return t.answer
	}
	return expr.Undefined()
}

// Expired is the definition's template for that.
func (c *counter) Expired() *expr.Template { return c.renewal.Expired }

// ticket is the latest one, be it spent; nil: there was none.
func (c *counter) ticket() *ticket {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current
}

// until is when what was got at a time, and holds for so long, is renewed.
func (c *counter) until(at time.Time, life time.Duration) time.Time {
	if life <= 0 {
		life = c.renewal.TTL
	}
	if life <= 0 {
		return time.Time{}
	}
	return at.Add(life - min(c.renewal.Margin, life/10))
}

package budget

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/rate"
	"github.com/tap-rest/tap-rest/tap/fleet/budget/ledger"
)

// client is what this worker has leased of one client's limits and places.
type client struct {
	budget *Budget
	id     string
	limits []sources.RateLimit
	terms  *ledger.Terms
	due    chan struct{} // asks run to look what is due

	mu        sync.Mutex
	holder    *ledger.Holder
	news      chan struct{}          // closed at the next lease
	paused    time.Time              // no request starts before
	tells     []word                 // to be written for all workers
	heard     map[string]ledger.Time // when the last refusal of a stream was, of which another worker told
	listeners map[int]func(stream string, told bool)
	listener  int
}

var _ rate.Leases = (*client)(nil)

func newClient(b *Budget, id string, limits []sources.RateLimit, inFlight int) *client {
	terms := &ledger.Terms{Places: inFlight}
	for _, l := range limits {
		most, points := ledger.Amount(l.Points), l.Requests == 0
		if !points {
			most = ledger.One * ledger.Amount(l.Requests)
		}
		terms.Limits = append(terms.Limits, ledger.Limit{Most: most, Per: l.Per, Points: points})
	}
	return &client{
		budget: b, id: id, limits: limits, terms: terms, holder: ledger.NewHolder(terms, b.id),
		due: make(chan struct{}, 1), news: make(chan struct{}), heard: map[string]ledger.Time{}, listeners: map[int]func(string, bool){},
	}
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:12])
}

// soon is after how long a request looks again that nobody knows more about.
const soon = time.Second

// Take lets a request start, or says what it waits for.
func (c *client) Take(a rate.Ask, at time.Time) (rate.Lease, rate.Hold) {
	now, ok := c.budget.now(at)
	c.mu.Lock()
	defer c.mu.Unlock()
	hold := rate.Hold{For: soon, Why: rate.SharedBudget, News: c.news}
	if !ok {
		return nil, hold
	}
	if rest := c.paused.Sub(at); rest > 0 {
		return nil, rate.Hold{For: rest, Why: rate.AskedPause, News: c.news}
	}
	class := c.class(a)
	use, wait, ok := c.holder.Take(ledger.Request{Class: class, Cost: ledger.Amount(a.Cost), By: a.By}, now)
	if ok {
		return &lease{c, use}, rate.Hold{}
	}
	c.kick()
	if wait > 0 {
		hold.For, hold.Why, hold.Limit = max(wait, time.Millisecond), rate.DeclaredLimit, c.named(class)
	}
	return nil, hold
}

// class is that of a request: which limits count it.
func (c *client) class(a rate.Ask) (class ledger.Class) {
	for i, l := range c.limits {
		if rate.Matches(l.Match, a.Path) && (l.Requests > 0 || a.Varies || a.Cost > 0) {
			class |= 1 << i
		}
	}
	return class
}

// named names the first limit of a class, for people.
func (c *client) named(class ledger.Class) string {
	for i, l := range c.limits {
		if class&(1<<i) != 0 {
			return rate.Name(l) + ", which all workers share"
		}
	}
	return ""
}

// lease is a request that was let through.
type lease struct {
	client *client
	use    ledger.Use
}

func (l *lease) Settle(more sources.Cost) {
	l.client.mu.Lock()
	defer l.client.mu.Unlock()
	l.client.holder.Settle(l.use, ledger.Amount(more))
}

func (l *lease) Done() {
	l.client.mu.Lock()
	l.client.holder.Done(l.use)
	l.client.mu.Unlock()
	l.client.kick()
}

// kick makes run look what is due.
func (c *client) kick() {
	select {
	case c.due <- struct{}{}:
	default:
	}
}

// run leases what is due, until the budget ends.
func (c *client) run() {
	for ctx := c.budget.ctx; ctx.Err() == nil; {
		wait := c.wait()
		if wait <= 0 {
			if err := c.work(ctx); err != nil {
				pause(ctx, retry)
			}
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-c.due:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// wait is how long there is nothing to do.
func (c *client) wait() time.Duration {
	now, ok := c.budget.now(time.Now())
	c.mu.Lock()
	defer c.mu.Unlock()
	if !ok {
		return soon // it wakes once the time is known
	}
	if len(c.tells) > 0 {
		return 0
	}
	if at, ok := c.holder.Due(now); ok {
		return at.Sub(now.At)
	}
	return time.Hour
}

// work does what is due.
func (c *client) work(ctx context.Context) error {
	if err := c.tell(ctx); err != nil {
		return err
	}
	now, ok := c.budget.now(time.Now())
	if !ok {
		return nil
	}
	c.mu.Lock()
	at, due := c.holder.Due(now)
	c.mu.Unlock()
	if !due || at > now.At {
		return nil
	}
	return c.lease(ctx)
}

// lease leases what this worker wants.
func (c *client) lease(ctx context.Context) error {
	var ask ledger.Ask
	var grant ledger.Grant
	_, err := c.budget.bucket.change(ctx, "ledger."+c.id, func(old value) ([]byte, error) {
		book, err := c.read(old)
		if err != nil {
			return nil, err
		}
		now, ok := c.budget.now(time.Now())
		if !ok {
			return nil, errTime
		}
		c.mu.Lock()
		ask = c.holder.Ask(now)
		c.mu.Unlock()
		if grant = book.Lease(c.terms, &ask); grant.Same {
			return nil, nil
		}
		return json.Marshal(book)
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.holder.Lost(&ask)
		return err
	}
	c.holder.Granted(&ask, grant)
	c.tellWaiting()
	return nil
}

// tellWaiting makes the requests that wait look again; mu is held.
func (c *client) tellWaiting() {
	close(c.news)
	c.news = make(chan struct{})
}

// read reads a ledger. One that is damaged is begun anew.
func (c *client) read(v value) (*ledger.Ledger, error) {
	book := &ledger.Ledger{}
	if v.revision == 0 {
		return book, nil
	}
	var of struct {
		Version int `json:"version"`
	}
	if json.Unmarshal(v.text, &of) == nil && of.Version > ledger.Version {
		return nil, fmt.Errorf("the budget of client %s is of version %d, and this program knows %d: let all workers be of the same version", c.id, of.Version, ledger.Version)
	}
	if json.Unmarshal(v.text, book) == nil && len(book.Spent) <= len(c.terms.Limits) {
		return book, nil
	}
	c.budget.bucket.log.Warn("NATS: the budget of a client cannot be read: it is begun anew, so that for one span of its limits more requests may start than they allow",
		"bucket", c.budget.bucket.kv.Bucket(), "key", "ledger."+c.id)
	return &ledger.Ledger{}, nil
}

// leave gives back what this worker has not used, and tells what it had no time to tell.
func (c *client) leave(ctx context.Context) {
	_ = c.tell(ctx) // each worker hears it from the API
	now, ok := c.budget.now(time.Now())
	if !ok {
		return
	}
	c.mu.Lock()
	ask := c.holder.Leave(now)
	c.mu.Unlock()
	_, _ = c.budget.bucket.change(ctx, "ledger."+c.id, func(old value) ([]byte, error) { // what it has lapses
		book, err := c.read(old)
		if err != nil || old.revision == 0 {
			return nil, err
		}
		book.Lease(c.terms, &ask)
		return json.Marshal(book)
	})
}

// Listen makes the client call slower when other workers are refused.
func (c *client) Listen(slower func(stream string, told bool)) (stop func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listener++
	n := c.listener
	c.listeners[n] = slower
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.listeners, n)
	}
}

// slower tells all who listen that another worker was refused.
func (c *client) slower(stream string, told bool) {
	c.mu.Lock()
	var all []func(string, bool)
	for _, n := range slices.Sorted(maps.Keys(c.listeners)) {
		all = append(all, c.listeners[n])
	}
	c.mu.Unlock()
	for _, f := range all {
		f(stream, told)
	}
}

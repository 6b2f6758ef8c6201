package budget

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tap-rest/tap-rest/tap/fleet/budget/ledger"
)

// pauses is what lies under the key of a client's pauses.
type pauses struct {
	Version int                `json:"version"`
	Until   ledger.Time        `json:"until,omitempty"`   // no request of any worker starts before
	Refused map[string]refusal `json:"refused,omitempty"` // by the stream
}

// refusal is the last request of a stream that was refused for its rate.
type refusal struct {
	At   ledger.Time `json:"at"`
	By   string      `json:"by"`
	Told bool        `json:"told,omitempty"` // the API said when to come again
}

// pausesVersion is that of the JSON of pauses.
const pausesVersion = 1

// word is what this worker tells others.
type word struct {
	until  time.Time // no request starts before; zero: that is not what it tells
	stream string    // that was refused
	told   bool
}

// Rest lets no request of any worker start before the given time.
func (c *client) Rest(until time.Time) { c.say(word{until: until}) }

// Refused says that a request of a stream was refused for its rate.
func (c *client) Refused(stream string, told bool) { c.say(word{stream: stream, told: told}) }

// say says something to all workers.
func (c *client) say(w word) {
	c.mu.Lock()
	if w.until.After(c.paused) {
		c.paused = w.until
	}
	c.tells = append(c.tells, w)
	c.mu.Unlock()
	c.kick()
}

// tell writes what all workers should know.
func (c *client) tell(ctx context.Context) error {
	c.mu.Lock()
	words := c.tells
	c.tells = nil
	c.mu.Unlock()
	now, ok := c.budget.now(time.Now())
	if len(words) == 0 || !ok {
		return nil
	}
	at := time.Now()
	_, err := c.budget.bucket.change(ctx, "pause."+c.id, func(old value) ([]byte, error) {
		p := readPauses(old.text)
		for _, w := range words {
			if w.until.IsZero() {
				p.Refused[w.stream] = refusal{now.At, c.budget.id, w.told}
			} else {
				p.Until = max(p.Until, now.At.Add(w.until.Sub(at)))
			}
		}
		return json.Marshal(p)
	})
	if err != nil { // it is told again
		c.mu.Lock()
		c.tells = append(words, c.tells...)
		c.mu.Unlock()
	}
	return err
}

// readPauses reads what lies under the key of pauses. What cannot be read is none.
func readPauses(text []byte) pauses {
	var p pauses
	if json.Unmarshal(text, &p) != nil {
		p = pauses{}
	}
	if p.Refused == nil {
		p.Refused = map[string]refusal{}
	}
	p.Version = pausesVersion
	return p
}

// watchPauses hears what other workers tell.
func (b *Budget) watchPauses() {
	for b.ctx.Err() == nil {
		w, err := b.bucket.kv.Watch(b.ctx, "pause.*")
		if err != nil {
			pause(b.ctx, retry)
			continue
		}
		b.hear(w.Updates())
		_ = w.Stop() // it ends with the connection, too
	}
}

// hear hears what other workers tell, until there is nothing more to hear.
func (b *Budget) hear(all <-chan jetstream.KeyValueEntry) {
	for {
		select {
		case <-b.ctx.Done():
			return
		case entry, ok := <-all:
			if !ok {
				return
			}
			if entry == nil { // all that was told before
				continue
			}
			id := strings.TrimPrefix(entry.Key(), "pause.")
			b.mu.Lock()
			b.told[id] = readPauses(entry.Value())
			b.mu.Unlock()
			b.hears(id)
		}
	}
}

// hears makes a client do what other workers told last.
func (b *Budget) hears(id string) {
	b.mu.Lock()
	c, p, ok := b.clients[id], b.told[id], b.clock.measured
	b.mu.Unlock()
	if c != nil && ok {
		c.hears(p)
	}
}

// hears does what other workers tell.
func (c *client) hears(p pauses) {
	at := time.Now()
	now, ok := c.budget.now(at)
	if !ok {
		return
	}
	slower := map[string]bool{}
	c.mu.Lock()
	if until := at.Add(p.Until.Sub(now.At)); until.After(c.paused) {
		c.paused = until
	}
	for stream, r := range p.Refused {
		if r.By != c.budget.id && r.At > c.heard[stream] {
			c.heard[stream] = r.At
			if now.At.Sub(r.At) < recent {
				slower[stream] = r.Told
			}
		}
	}
	c.mu.Unlock()
	for stream, told := range slower {
		c.slower(stream, told)
	}
}

// recent is how long ago a refusal may be that makes this worker slower.
const recent = 10 * time.Second

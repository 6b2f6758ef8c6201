package budget

import (
	"cmp"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/tap/fleet/budget/ledger"
)

// loginVersion is the version of the JSON of a login.
const loginVersion = 1

// login is what lies under the key of a login.
type login struct {
	Version int         `json:"version"`
	Number  uint64      `json:"number"`            // how many logins there were
	Kept    []byte      `json:"kept,omitempty"`    // what the last one gave, sealed
	Until   ledger.Time `json:"until,omitempty"`   // when another one is made; 0: when it is refused
	By      string      `json:"by,omitempty"`      // the worker that logs in
	Lease   ledger.Time `json:"lease,omitempty"`   // until then, unless it says so again
	Failed  ledger.Time `json:"failed,omitempty"`  // when the API refused the credentials
	Failure []byte      `json:"failure,omitempty"` // how, sealed
}

// failure is what is kept of a login that the API refused.
type failure struct {
	Why    string `json:"why"`
	Advice string `json:"advice,omitempty"`
}

const (
	// loginLease is for how long a worker may log in without a word, after which another
	// one does; renewed is how often it gives one.
	loginLease, renewed = 10 * time.Second, 3 * time.Second
	// refusedFor is how long no other worker logs in with credentials that the API refused.
	refusedFor = time.Minute
)

// logins are those of a client.
type logins struct {
	budget *Budget
	id     string
	aead   cipher.AEAD
}

var _ auth.Fleet = (*logins)(nil)

// Logins returns what keeps the logins of a client. The key has 32 bytes.
func (b *Budget) Logins(id string, key []byte) auth.Fleet {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("budget: AES: " + err.Error()) // the key has 32 bytes
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("budget: GCM: " + err.Error())
	}
	return &logins{b, id, aead}
}

// turn is what comes of a look at a login.
type turn struct {
	kept auth.Kept     // where it is there
	wait time.Duration // else how long another worker has to log in; 0: this one does
	last []byte        // what was kept last
}

// Login returns a login that is later than the one with a number, or makes it.
func (l *logins) Login(ctx context.Context, name string, after uint64, log func(last []byte) (auth.Kept, error)) (auth.Kept, error) {
	key := "login." + l.id + "." + name
	me := l.budget.id + "-" + rand.Text()[:8]
	watch, stop := l.watch(ctx, key)
	defer stop()
	for {
		t, err := l.look(ctx, key, me, after)
		var refused *auth.Failure
		switch {
		case errors.As(err, &refused) || err != nil && ctx.Err() != nil:
			return auth.Kept{}, err
		case err != nil:
			t.wait = retry
		case t.kept.Number > 0:
			return t.kept, nil
		case t.wait == 0:
			return l.make(ctx, key, me, t.last, log)
		}
		timer := time.NewTimer(t.wait)
		select {
		case <-watch:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return auth.Kept{}, context.Cause(ctx)
		}
		timer.Stop()
	}
}

// watch hears when another worker has changed a login.
func (l *logins) watch(ctx context.Context, key string) (<-chan jetstream.KeyValueEntry, func()) {
	w, err := l.budget.bucket.kv.Watch(ctx, key, jetstream.UpdatesOnly())
	if err != nil { // it looks again when the other one's time is over
		return nil, func() {}
	}
	return w.Updates(), func() { _ = w.Stop() } // it ends with ctx, too
}

// look looks for a login, and takes on to make it where nobody does.
func (l *logins) look(ctx context.Context, key, me string, after uint64) (t turn, err error) {
	_, err = l.budget.bucket.change(ctx, key, func(old value) ([]byte, error) {
		at := time.Now()
		now, ok := l.budget.now(at)
		r, err := readLogin(old)
		if err != nil || !ok {
			return nil, cmp.Or(err, errTime)
		}
		t = turn{last: l.open(key, r.Kept)}
		holds := r.Until == 0 || now.At < r.Until
		left := r.Lease.Sub(now.At.Add(-now.Unsure))
		switch {
		case r.Number > after && t.last != nil && holds:
			t.kept = auth.Kept{Text: t.last, Number: r.Number}
			if r.Until > 0 {
				t.kept.Until = at.Add(r.Until.Sub(now.At))
			}
			return nil, nil
		case r.Failed > 0 && now.At.Sub(r.Failed) < refusedFor:
			return nil, l.refused(key, r)
		case r.By != me && left > 0:
			t.wait = left
			return nil, nil
		}
		r.By, r.Lease = me, now.At.Add(loginLease)
		return json.Marshal(r)
	})
	return t, err
}

// readLogin reads what lies under the key of a login.
func readLogin(v value) (login, error) {
	var r login
	if v.revision > 0 && json.Unmarshal(v.text, &r) != nil {
		r = login{}
	}
	if r.Version > loginVersion {
		return r, fmt.Errorf("the login that workers share is of version %d, and this program knows %d: let all workers be of the same version", r.Version, loginVersion)
	}
	r.Version = loginVersion
	return r, nil
}

// open opens what was sealed; nil: there is nothing, or it cannot be opened.
func (l *logins) open(key string, sealed []byte) []byte {
	if len(sealed) == 0 {
		return nil
	}
	text, err := l.aead.Open(nil, nil, sealed, []byte(key))
	if err != nil {
		l.budget.once(key, "NATS: a login that workers share cannot be opened, and another one is made: is the bucket damaged?", "key", key)
		return nil
	}
	return text
}

func (l *logins) seal(key string, text []byte) []byte {
	return l.aead.Seal(nil, nil, text, []byte(key))
}

// refused is the failure of a login that another worker has made.
func (l *logins) refused(key string, r login) error {
	var f failure
	_ = json.Unmarshal(l.open(key, r.Failure), &f) // what cannot be read says nothing
	return &auth.Failure{Err: fmt.Errorf("another worker has logged in with the same credentials less than %v ago: %s", refusedFor, f.Why), Advice: f.Advice}
}

// make logs in for all workers.
func (l *logins) make(ctx context.Context, key, me string, last []byte, log func([]byte) (auth.Kept, error)) (auth.Kept, error) {
	over := make(chan struct{})
	go l.renew(ctx, key, me, over)
	kept, failed := log(last)
	close(over)
	var refused *auth.Failure
	final := errors.As(failed, &refused) && !refused.Later
	for {
		_, err := l.budget.bucket.change(ctx, key, func(old value) ([]byte, error) {
			at := time.Now()
			now, ok := l.budget.now(at)
			r, err := readLogin(old)
			if err != nil || !ok {
				return nil, cmp.Or(err, errTime)
			}
			if r.By == me {
				r.By, r.Lease = "", 0
			}
			switch {
			case failed == nil:
				r.Number, r.Kept, r.Until, r.Failed, r.Failure = r.Number+1, l.seal(key, kept.Text), 0, 0, nil
				if !kept.Until.IsZero() {
					r.Until = now.At.Add(kept.Until.Sub(at))
				}
				kept.Number = r.Number
			case final:
				text, err := json.Marshal(failure{refused.Error(), refused.Advice})
				if err != nil {
					return nil, err
				}
				r.Failed, r.Failure = now.At, l.seal(key, text)
			}
			return json.Marshal(r)
		})
		if err == nil || failed != nil { // where it cannot be said that it failed, its lease ends
			return kept, failed
		}
		if !pause(ctx, retry) {
			return auth.Kept{}, context.Cause(ctx)
		}
	}
}

// renew says that this worker still logs in, until that is over.
func (l *logins) renew(ctx context.Context, key, me string, over <-chan struct{}) {
	tick := time.NewTicker(renewed)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_, _ = l.budget.bucket.change(ctx, key, func(old value) ([]byte, error) { // the next one may do better
			now, ok := l.budget.now(time.Now())
			r, err := readLogin(old)
			if err != nil || !ok || r.By != me {
				return nil, err
			}
			r.Lease = now.At.Add(loginLease)
			return json.Marshal(r)
		})
	}
}

// once says something in the log, once for a key.
func (b *Budget) once(key, text string, more ...any) {
	b.mu.Lock()
	said := b.said[key]
	b.said[key] = true
	b.mu.Unlock()
	if !said {
		b.bucket.log.Warn(text, more...)
	}
}

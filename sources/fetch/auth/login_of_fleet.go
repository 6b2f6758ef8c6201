package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
)

// Fleet keeps what the logins of a client gave where all workers of a fleet find it, so
// that one of them logs in for all. Its methods may be called from any goroutine.
type Fleet interface {
	// Login returns what a login gave that is later than the one with a number, and has
	// not run out. Where there is none, it waits until one worker has logged in: perhaps
	// this one, by log. log is called in one worker at a time, with what was kept last, nil
	// for nothing, and returns what is to be kept. The name tells the logins of a client
	// apart. Its error is that of log, here or in another worker, or of ctx.
	Login(ctx context.Context, name string, after uint64, log func(last []byte) (Kept, error)) (Kept, error)
}

// Kept is what a login gave, as the fleet keeps it.
type Kept struct {
	Text   []byte    // secret
	Until  time.Time // when another one is got; zero: when it is refused
	Number uint64    // later ones have greater ones
}

// keptLogin is the JSON of what is kept of a login.
type keptLogin struct {
	Version int             `json:"version"`
	Answer  json.RawMessage `json:"answer,omitempty"`
	Headers json.RawMessage `json:"headers,omitempty"`
	From    string          `json:"from,omitempty"`    // the address that set the cookies
	Cookies []string        `json:"cookies,omitempty"` // the Set-Cookie headers
	Refresh *rotationFile   `json:"refresh,omitempty"`
}

// keptVersion is the version of that JSON.
const keptVersion = 1

// obtain gets a ticket: from the fleet, where there is one.
func (c *counter) obtain(ctx context.Context, vars expr.Vars, ask Ask) (*ticket, error) {
	k := c.keeping()
	if k.Fleet == nil || c.signs {
		return c.get(ctx, vars, ask, nil)
	}
	waits, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		select {
		case <-k.Stopped:
			stop()
		case <-waits.Done():
		}
	}()
	var own *ticket
	kept, err := k.Fleet.Login(waits, "login"+k.Place, c.common, func(last []byte) (Kept, error) {
		var refresh *rotationFile
		if old, err := readKept(last); err == nil {
			refresh = old.Refresh
		}
		t, err := c.get(ctx, vars, ask, refresh)
		if err != nil {
			return Kept{}, err
		}
		own = t
		text, err := json.Marshal(t.keep())
		return Kept{Text: text, Until: t.until}, err
	})
	if err != nil {
		return nil, err
	}
	t := own
	if t == nil {
		if t, err = c.reopen(kept, vars); err != nil {
			return nil, &Failure{Err: fmt.Errorf("the login that another worker made cannot be used: %w", err), Later: true, Wait: -1,
				Advice: "let all workers have the same definition, and be of the same version"}
		}
	}
	c.common = kept.Number
	return t, nil
}

// keep is what the fleet keeps of a ticket.
func (t *ticket) keep() keptLogin {
	k := keptLogin{Version: keptVersion, Refresh: t.refresh}
	if !t.answer.Missing() {
		k.Answer = t.answer.AppendJSON(nil)
	}
	if !t.headers.Missing() {
		k.Headers = t.headers.AppendJSON(nil)
	}
	if j := t.cookies; j != nil {
		k.From, k.Cookies = j.from.String(), j.set
	}
	return k
}

// readKept reads what was kept of a login.
func readKept(text []byte) (keptLogin, error) {
	var k keptLogin
	if len(text) == 0 {
		return k, errors.New("nothing is kept")
	}
	err := json.Unmarshal(text, &k)
	if err == nil && k.Version != keptVersion {
		err = fmt.Errorf("it is of version %d, and this program knows %d", k.Version, keptVersion)
	}
	return k, err
}

// reopen makes a ticket of what another worker's login gave.
func (c *counter) reopen(kept Kept, vars expr.Vars) (*ticket, error) {
	k, err := readKept(kept.Text)
	if err != nil {
		return nil, err
	}
	t := &ticket{until: kept.Until, refresh: k.Refresh, answer: expr.Undefined(), headers: expr.Undefined()}
	if len(k.Answer) > 0 {
		t.answer = expr.JSONBytes(k.Answer)
	}
	if len(k.Headers) > 0 {
		t.headers = expr.JSONBytes(k.Headers)
	}
	secrets := c.keeping().Secrets
	if k.From != "" {
		from, err := url.Parse(k.From)
		if err != nil {
			return nil, err
		}
		t.cookies = newJar(from, http.Header{"Set-Cookie": k.Cookies}, secrets)
	}
	return t, c.learn(t, vars, secrets)
}

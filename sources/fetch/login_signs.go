package fetch

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/advice"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// loginSigns are what a walk makes of answers by which the login may have expired.
type loginSigns struct {
	auth    *sources.Auth // how the client proves who asks
	view    *view
	secrets *secret.Hider
	login   auth.Login      // nil: the client does not log in
	there   bool            // the client logs in, and with one credential
	spent   *expr.Template  // that says that the login holds no longer; nil: none does
	fell    bool            // another login was tried since an answer counts fewer records than were read
	lapsed  bool            // with it the list went on
	taken   *atomic.Bool    // the API answered a request of the client that was proven; nil: nobody proves any, or each with other credentials
	blind   *advice.Missing // what auth.expired looks for and the last page, which is without records, does not have; nil: nothing
}

// newSigns returns those of a walk over a stream of the client, whose answers a view shows.
func (c *Client) newSigns(stream *sources.Stream, v *view) *loginSigns {
	l := &loginSigns{
		auth: stream.Client.Auth, view: v, secrets: c.Secrets, login: c.requester.login(),
		spent: c.requester.expired(), there: c.requester.login() != nil && c.requester.pool() == nil,
	}
	if a := l.auth; a != nil && a.Type != sources.AuthNone && a.Type != sources.AuthPool {
		l.taken = &c.requester.taken
	}
	return l
}

// expired decides about an answer by which the API says that the login holds no
// longer, whatever its status.
func (l *loginSigns) expired(ex *Exchange) (verdict, bool) {
	if l.spent == nil || ex.proof == nil {
		return verdict{}, false
	}
	v, err := l.spent.Eval(l.view.vars)
	if err != nil {
		return refuse(Permanent, fmt.Errorf("auth.expired: %w", err)), true
	}
	if !sources.Holds(v) {
		return verdict{}, false
	}
	refused := refuse(Permanent, fmt.Errorf("answered %d, which says by auth.expired that the login holds no longer", ex.Status))
	refused.proof, refused.expired, refused.tip = true, true, cmp.Or(l.signedClock(ex), advice.Expired(l.auth))
	return refused, true
}

// clockAdvice says that this machine's clock is wrong by an answer's; "" where it
// is not.
func clockAdvice(ex *Exchange) string {
	return auth.ClockAdvice(ex.head().ServerTime(), ex.At)
}

// signedClock is clockAdvice for a client whose proofs are of their time.
func (l *loginSigns) signedClock(ex *Exchange) string {
	if signsTime(l.auth) {
		return clockAdvice(ex)
	}
	return ""
}

// signsTime reports whether proofs are refused by an API whose clock is another.
func signsTime(a *sources.Auth) bool {
	return a != nil && (a.AWS != nil || a.HMAC != nil || a.OAuth1 != nil || a.JWT != nil || slices.ContainsFunc(a.Pool, signsTime))
}

// adviseProof says what proves who asks, and where it was put. That is right where
// other requests of the client were answered.
func (l *loginSigns) adviseProof(out *outgoing, ex *Exchange) string {
	if out.File() && !out.AtHome() {
		return "no credentials go to another host with the link to a file: the link itself is refused, since it has expired, say, or the file is gone"
	}
	taken := l.taken != nil && l.taken.Load()
	what := "check the credentials"
	switch forbidden := ex.Status == http.StatusForbidden; {
	case taken && forbidden:
		return "the API answered other requests that were proven so: check that these credentials may read this"
	case taken:
		return "the API answered other requests that were proven so: check that the credentials still hold, and may read this"
	case forbidden:
		what = "check that these credentials may read it"
	}
	return also(also(adviseSigned(out), advice.Auth(l.auth, ex.Header)), what)
}

// proves takes note of an answer that was let in: the proof is where the API looks.
func (l *loginSigns) proves(ex *Exchange) {
	if l.taken != nil && ex.Status/100 == 2 && !l.taken.Load() {
		l.taken.Store(true)
	}
}

// mostSigned is how much is shown of a text that was signed.
const mostSigned = 400

// adviseSigned shows what the definition has signed; "" where it says nothing of that.
func adviseSigned(out *outgoing) string {
	if out.signed == nil {
		return ""
	}
	text := out.signed()
	if len(text) > mostSigned {
		text = strings.ToValidUTF8(text[:mostSigned], "") + "…"
	}
	return fmt.Sprintf("auth.sign made %q: is that what the API signs?", text)
}

// refusal is what authenticators see of an answer that did not take a proof.
func refusal(ex *Exchange, expired bool) auth.Refusal {
	return auth.Refusal{Status: ex.Status, Header: ex.Header, Expired: expired}
}

// looks takes note of what auth.expired looks for and an answer without records does not
// have.
func (l *loginSigns) looks() {
	l.blind = nil
	if l.spent == nil {
		return
	}
	if m := advice.MissingOf(l.spent, l.view.vars, l.secrets); m.Lacks {
		l.blind = &m
	}
}

// lapsed is told of a walk that went on with another login.
const lapsed = "the login had expired, and the API answered with an empty list that counts fewer records than had been read; with another login the list went on. " +
	"An empty list without such a count would be taken for the end: write auth: {expired: …}, a template that is true of such an answer"

// fallen decides about an answer without records which counts fewer than were read:
// another login shows, once for each page, whether the former one had expired.
func (l *loginSigns) fallen(page *Page, err error) verdict {
	v := again(-1, err)
	if l.there && !l.fell && page.proof != nil {
		l.fell, v.proof, v.expired = true, true, true
	}
	return v
}

// adviseExpired says what to write where an answer without records that contradicts
// the definition may be that of a login which has expired; "" elsewhere.
func (l *loginSigns) adviseExpired(page *Page, err error) string {
	switch {
	case l.login == nil || page.Records.Len() > 0 || !errors.Is(err, paging.ErrDoubtful):
		return ""
	case l.blind != nil:
		return fmt.Sprintf("auth.expired does not say whether the login has expired: %s. Write %s", l.blind.Came, l.blind.WriteExpired())
	case l.login.Expired() != nil:
		return ""
	}
	return "if the API answers so where the login has expired, write auth: {expired: …}, a template that is true of such an answer"
}

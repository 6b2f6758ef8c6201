package fetch

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/advice"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
)

// expired decides about an answer by which the API says that the login holds no
// longer, whatever its status.
func (j *judge) expired(ex *Exchange) (verdict, bool) {
	if j.login.spent == nil || ex.proof == nil {
		return verdict{}, false
	}
	v, err := j.login.spent.Eval(j.vars)
	if err != nil {
		return refuse(Permanent, fmt.Errorf("auth.expired: %w", err)), true
	}
	if !sources.Holds(v) {
		return verdict{}, false
	}
	refused := refuse(Permanent, fmt.Errorf("answered %d, which says by auth.expired that the login holds no longer", ex.Status))
	refused.proof, refused.expired, refused.tip = true, true, cmp.Or(j.signedClock(ex), advice.Expired(j.stream.Client.Auth))
	return refused, true
}

// refusesProof reports whether an answer says that its proof holds no longer. It is
// asked between two pages.
func (j *judge) refusesProof(ex *Exchange) bool {
	if ex.Status == http.StatusUnauthorized || j.login.spent == nil || ex.cut != nil || ex.Body.Long() {
		return ex.Status == http.StatusUnauthorized
	}
	j.show(ex, j.split(ex))
	_, refused := j.expired(ex)
	j.forget()
	return refused
}

// clockAdvice says that this machine's clock is wrong by an answer's; "" where it
// is not.
func clockAdvice(ex *Exchange) string {
	return auth.ClockAdvice(serverTime(ex), ex.At)
}

// signedClock is clockAdvice for a client whose proofs are of their time.
func (j *judge) signedClock(ex *Exchange) string {
	if signsTime(j.stream.Client.Auth) {
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
func (j *judge) adviseProof(out *outgoing, ex *Exchange) string {
	if out.File() && !out.AtHome() {
		return "no credentials go to another host with the link to a file: the link itself is refused, since it has expired, say, or the file is gone"
	}
	taken := j.login.taken != nil && j.login.taken.Load()
	what := "check the credentials"
	switch forbidden := ex.Status == http.StatusForbidden; {
	case taken && forbidden:
		return "the API answered other requests that were proven so: check that these credentials may read this"
	case taken:
		return "the API answered other requests that were proven so: check that the credentials still hold, and may read this"
	case forbidden:
		what = "check that these credentials may read it"
	}
	return also(also(adviseSigned(out), advice.Auth(j.stream.Client.Auth, ex.Header)), what)
}

// proves takes note of an answer that was let in: the proof is where the API looks.
func (j *judge) proves(ex *Exchange) {
	if j.login.taken != nil && ex.Status/100 == 2 && !j.login.taken.Load() {
		j.login.taken.Store(true)
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

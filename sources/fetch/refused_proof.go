package fetch

import (
	"fmt"
	"net/http"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
)

// expired decides about an answer by which the API says that the login holds no
// longer, whatever its status.
func (j *judge) expired(ex *Exchange) (verdict, bool) {
	if j.spent == nil || ex.proof == nil {
		return verdict{}, false
	}
	v, err := j.spent.Eval(j.vars)
	if err != nil {
		return refuse(Permanent, fmt.Errorf("auth.expired: %w", err)), true
	}
	if !sources.Holds(v) {
		return verdict{}, false
	}
	refused := refuse(Permanent, fmt.Errorf("answered %d, which says by auth.expired that the login holds no longer", ex.Status))
	refused.proof, refused.expired, refused.tip = true, true, "check the credentials, and auth.expired: it may mean too many answers"
	return refused, true
}

// refusesProof reports whether an answer says that its proof holds no longer. It is
// asked between two pages.
func (j *judge) refusesProof(ex *Exchange) bool {
	if ex.Status == http.StatusUnauthorized || j.spent == nil || ex.cut != nil || ex.Body.Long() {
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

// refusal is what authenticators see of an answer that did not take a proof.
func refusal(ex *Exchange, expired bool) auth.Refusal {
	return auth.Refusal{Status: ex.Status, Header: ex.Header, Expired: expired}
}

package fetch

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/rate"
)

// price is what requests of a stream cost.
type price struct {
	known  sources.Cost
	varies bool // only their answers say
}

func priceOf(s *sources.Stream) price {
	known, ok := s.Call.KnownCost()
	return price{known, !ok}
}

// charge counts what an answer costs, and what it says is left of the limits that the
// definition declares. Its error is about a template.
func (a *asker) charge(ex *Exchange) (err error) {
	call := &a.stream.Call
	if ex.cost, err = a.judge.cost(call.Cost); err != nil {
		return err
	}
	if ex.started == nil { // the journal has it
		return nil
	}
	a.client.admission.settle(ex.started, ex.cost, a.counters)
	for i, limit := range a.client.requester.source.RateLimits {
		if limit.Remaining == nil {
			continue
		}
		left, known, err := a.judge.left(&limit, ex)
		if err != nil {
			return err
		}
		if known {
			left.Limit = i
			a.client.admission.limits.Told(ex.started, left, ex.At)
		}
	}
	return nil
}

// cost evaluates what an answer costs.
func (j *judge) cost(t *expr.Template) (sources.Cost, error) {
	if t == nil {
		return 0, nil
	}
	v, err := t.Eval(j.vars)
	if err != nil {
		return 0, fmt.Errorf("cost: %w", err)
	}
	cost, ok := sources.CostOf(v)
	if !ok {
		return 0, fmt.Errorf("cost: wants a number from 0 to %s, got %s", sources.MostCost, j.secrets.Quote(v.Text()))
	}
	return cost, nil
}

// left evaluates what an answer says is left of a limit; false where it does not say.
func (j *judge) left(limit *sources.RateLimit, ex *Exchange) (left rate.Left, known bool, err error) {
	v, err := limit.Remaining.Eval(j.vars)
	if err != nil || v.Missing() {
		return left, false, named("rate_limit.remaining", err)
	}
	n, isNumber := v.Float64()
	if left.Cost, known = sources.CostOf(v); !known && isNumber && n < 0 {
		left.Cost, known = 0, true // it was overdrawn
	}
	if !known {
		return left, false, fmt.Errorf("rate_limit.remaining: wants a number, got %s", j.secrets.Quote(v.Text()))
	}
	if limit.Reset == nil {
		return left, true, nil
	}
	v, err = limit.Reset.Eval(j.vars)
	if err != nil || v.Missing() {
		return left, err == nil, named("rate_limit.reset", err)
	}
	left.Reset, known = waitOf(v, serverTime(ex))
	if !known {
		return left, false, fmt.Errorf("rate_limit.reset: %s is no duration, seconds, epoch or date", j.secrets.Quote(v.Text()))
	}
	return left, true, nil
}

func named(key string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", key, err)
}

// waitOf is how long a template's value says to wait.
func waitOf(v expr.Value, now time.Time) (time.Duration, bool) {
	if t, ok := v.Instant(); ok && v.Kind() == expr.KindTime {
		return max(0, t.Sub(now)), true
	}
	return rate.Wait(v.Text(), now)
}

// sharing says where the limits of the client are that other processes share: those
// that go to the same address with the same credentials.
func (r *requester) sharing(o Options, vars expr.Vars) rate.Sharing {
	shared := false
	for _, limit := range r.source.RateLimits {
		shared = shared || limit.Shared
	}
	if !shared || o.Limits.Dir == "" {
		return rate.Sharing{}
	}
	salt, err := o.Limits.Salt()
	if err != nil {
		o.Log.Warn("rate_limit.shared: this process keeps to the limit by itself, and others are not counted", "why", err.Error())
		return rate.Sharing{}
	}
	sum := hmac.New(sha256.New, salt)
	base, _ := r.source.BaseURL.Text(vars) // an error comes again with the first request
	fmt.Fprintf(sum, "%d:%s,", len(base), base)
	for _, s := range r.known.Secrets {
		fmt.Fprintf(sum, "%d:%s,", len(s.Reveal()), s.Reveal())
	}
	return rate.Sharing{Dir: o.Limits.Dir, Key: string(sum.Sum(nil)), Log: o.Log}
}

package fetch

import (
	"fmt"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/rate"
)

// charge counts what an answer costs, and what it says is left of the limits that the
// definition declares for it. Its error is about a template.
func (a *asker) charge(ex *Exchange) (err error) {
	call := &a.stream.Call
	a.values = a.values[:0]
	var known bool
	if ex.cost, known, err = a.judge.cost(call.Cost); err != nil {
		return err
	}
	if ex.started == nil { // the journal has it
		return nil
	}
	if a.requests.price.varies {
		a.values = append(a.values, value{a.stream.Name, keyCost, call.Cost, known})
	}
	a.client.admission.settle(ex.started, ex.cost, a.counters)
	for i, limit := range a.client.requester.source.RateLimits {
		if limit.Remaining == nil || !rate.Matches(limit.Match, ex.started.Path) {
			continue
		}
		left, known, err := a.judge.left(&limit, ex)
		if err != nil {
			return err
		}
		a.values = append(a.values, value{"", keyRemaining, limit.Remaining, known})
		if known {
			left.Limit = i
			a.client.admission.limits.Told(ex.started, left, ex.At)
		}
	}
	return nil
}

// cost evaluates what an answer costs; known is false where it does not say.
func (j *judge) cost(t *expr.Template) (cost sources.Cost, known bool, err error) {
	if t == nil {
		return 0, false, nil
	}
	v, err := t.Eval(j.vars)
	if err != nil {
		return 0, false, fmt.Errorf("cost: %w", err)
	}
	cost, ok := sources.CostOf(v)
	if !ok {
		return 0, false, fmt.Errorf("cost: wants a number from 0 to %s, got %s", sources.MostCost, j.secrets.Quote(v.Text()))
	}
	return cost, !v.Missing(), nil
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

package fetch

import (
	"fmt"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/pace"
	"github.com/tap-rest/tap-rest/sources/fetch/rate"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// meter counts what the answers to a walk's requests cost, and what they say is left.
type meter struct {
	client   *Client
	stream   *sources.Stream
	counters *Counters
	varies   bool // only answers say what they cost
	secrets  *secret.Hider
	view     *view
	values   []pace.Value // of what is counted in the last answer
}

// charge counts what an answer costs, and what it says is left of the limits that the
// definition declares for it. Its error is about a template.
func (m *meter) charge(ex *Exchange) (err error) {
	call := &m.stream.Call
	m.values = m.values[:0]
	var known bool
	if ex.cost, known, err = m.cost(call.Cost); err != nil {
		return err
	}
	if ex.started == nil { // the journal has it
		return nil
	}
	if m.varies {
		m.values = append(m.values, pace.Value{Stream: m.stream.Name, Key: pace.KeyCost, Of: call.Cost, Known: known})
	}
	m.client.admission.Settle(ex.started, ex.cost, &m.counters.Spent)
	for i, limit := range m.client.requester.source.RateLimits {
		if limit.Remaining == nil || !rate.Matches(limit.Match, ex.started.Path) {
			continue
		}
		left, known, err := m.left(&limit, ex)
		if err != nil {
			return err
		}
		m.values = append(m.values, pace.Value{Key: pace.KeyRemaining, Of: limit.Remaining, Known: known})
		if known {
			left.Limit = i
			m.client.admission.Told(ex.started, left, ex.At)
		}
	}
	return nil
}

// count takes note of the values that the page has by which the client counts. An answer
// that is none of the stream's own, or of which a rule says what it means, need not have
// them.
func (m *meter) count(out *outgoing, page *Page) {
	other := out.aside != "" || !page.well() || page.same() != nil || page.ruled()
	for _, v := range m.values {
		if other && !v.Known {
			continue
		}
		if v.Key == pace.KeyCost && !v.Known {
			m.counters.Unpriced.Add(1)
		}
		m.client.admission.Count(v, m.stream.Name, out.Shown, m.view.vars)
	}
}

// cost evaluates what an answer costs; known is false where it does not say.
func (m *meter) cost(t *expr.Template) (cost sources.Cost, known bool, err error) {
	if t == nil {
		return 0, false, nil
	}
	v, err := t.Eval(m.view.vars)
	if err != nil {
		return 0, false, fmt.Errorf("cost: %w", err)
	}
	cost, ok := sources.CostOf(v)
	if !ok {
		return 0, false, fmt.Errorf("cost: wants a number from 0 to %s, got %s", sources.MostCost, m.secrets.Quote(v.Text()))
	}
	return cost, !v.Missing(), nil
}

// left evaluates what an answer says is left of a limit; false where it does not say.
func (m *meter) left(limit *sources.RateLimit, ex *Exchange) (left rate.Left, known bool, err error) {
	v, err := limit.Remaining.Eval(m.view.vars)
	if err != nil || v.Missing() {
		return left, false, named("rate_limit.remaining", err)
	}
	n, isNumber := v.Float64()
	if left.Cost, known = sources.CostOf(v); !known && isNumber && n < 0 {
		left.Cost, known = 0, true // it was overdrawn
	}
	if !known {
		return left, false, fmt.Errorf("rate_limit.remaining: wants a number, got %s", m.secrets.Quote(v.Text()))
	}
	if limit.Reset == nil {
		return left, true, nil
	}
	v, err = limit.Reset.Eval(m.view.vars)
	if err != nil || v.Missing() {
		return left, err == nil, named("rate_limit.reset", err)
	}
	left.Reset, known = pace.WaitOf(v, ex.head().ServerTime())
	if !known {
		return left, false, fmt.Errorf("rate_limit.reset: %s is no duration, seconds, epoch or date", m.secrets.Quote(v.Text()))
	}
	return left, true, nil
}

func named(key string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", key, err)
}

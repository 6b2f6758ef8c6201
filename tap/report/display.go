package report

import (
	"log/slog"
	"time"

	"github.com/tap-rest/tap-rest/tap/message"
)

// Display shows people how far a run is, and keeps its account up to date.
type Display struct {
	Account Account
	Watch   func(*Account)              // nil: nobody watches
	Metric  func(message.Metric) string // the text of a METRIC line; nil: the protocol has none
	Log     *slog.Logger
	logged  time.Time // when METRIC lines were due last
}

// metricsEvery is how often METRIC lines are logged.
const metricsEvery = time.Minute

// Show brings the account up to date and shows it.
func (d *Display) Show() {
	a := &d.Account
	a.Took = time.Since(a.Started)
	if d.Watch != nil {
		d.Watch(a)
	}
	if d.logged.IsZero() {
		d.logged = a.Started
	}
	if time.Since(d.logged) > metricsEvery {
		d.logged = d.logged.Add(metricsEvery)
		d.LogMetrics()
	}
}

// LogMetrics logs METRIC lines, where the protocol has them.
func (d *Display) LogMetrics() {
	if d.Metric == nil {
		return
	}
	for _, m := range d.Account.metrics() {
		d.Log.Info(d.Metric(m))
	}
}

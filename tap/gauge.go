package tap

import (
	"log/slog"
	"time"
)

const (
	// progressEvery is how often a run shows how far it is.
	progressEvery = 500 * time.Millisecond
	// metricsEvery is how often METRIC lines are logged.
	metricsEvery = time.Minute
)

// gauge shows people how far the run is.
type gauge struct {
	started time.Time
	watch   func(*Account) // nil: nobody watches
	meter   meter          // nil: the protocol knows no METRIC lines
	log     *slog.Logger
	logged  time.Time // when METRIC lines were due last
}

func (r *run) newGauge() *gauge {
	m, _ := r.Protocol.(meter)
	return &gauge{started: r.now, watch: r.Watch, meter: m, log: r.Log, logged: r.now}
}

// show brings the account up to date and shows it.
func (g *gauge) show(a *Account) {
	a.Took = time.Since(g.started)
	if g.watch != nil {
		g.watch(a)
	}
	if time.Since(g.logged) > metricsEvery {
		g.logged = g.logged.Add(metricsEvery)
		g.logMetrics(a)
	}
}

// logMetrics logs METRIC lines, where the protocol has them.
func (g *gauge) logMetrics(a *Account) {
	if g.meter == nil {
		return
	}
	for _, m := range a.metrics() {
		g.log.Info(g.meter.Metric(m))
	}
}

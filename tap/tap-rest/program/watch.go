package program

import (
	"os"
	"time"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/metrics"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tap-rest/console"
	"github.com/tap-rest/tap-rest/tap/telemetry"
)

// WatchFlags say who watches a run, and how.
type WatchFlags struct {
	Progress console.Mode `enum:"auto,live,plain,off" default:"auto" env:"TAP_REST_PROGRESS" help:"How stderr shows how far the run is: auto (live on a terminal), live, plain (a line every 30s) or off."`
	MetricsFlags
}

// MetricsFlags say where metrics of a run go.
type MetricsFlags struct {
	MetricsFile string `placeholder:"FILE" env:"TAP_REST_METRICS_FILE" help:"Write there, each minute and at the end, what the run comes to, for node_exporter's textfile collector."`
}

// Observe begins what tells others of the run: the file of metrics, if there is one, and
// telemetry, where the environment asks for that. It comes before all that may fail, so
// that they have the exit code of a run that never began.
func (f *MetricsFlags) Observe(rt *Runtime, name string) error {
	t := telemetry.Start(telemetry.Options{Name: "tap-rest " + name, Version: rt.Version, Env: os.Getenv, Log: rt.Console.Log, Hide: rt.Console.Redact})
	if t != nil {
		rt.ends = append(rt.ends, func(code int) { t.End(code, rt.Stop.Err() != nil) })
		rt.watchers.add(t.Saw)
		rt.tracer, rt.telemetry = t.Tracer(), t
	}
	if f.MetricsFile == "" {
		return nil
	}
	file, err := metrics.Open(f.MetricsFile, rt.Version, rt.Console.Log, rt.Console.Redact)
	if err != nil {
		return &tap.InputError{Err: err}
	}
	rt.ends = append(rt.ends, file.End)
	rt.watchers.add(file.Saw)
	rt.Metrics = file
	return nil
}

// lookEvery is how often a run is looked at, at most.
const lookEvery = 100 * time.Millisecond

// watchers are those who look at a run while it goes on.
type watchers struct {
	all    []func(*report.Snapshot)
	last   time.Time
	before report.Several // runs of a worker that are over
}

// add adds one; nil is none.
func (w *watchers) add(one func(*report.Snapshot)) {
	if one != nil {
		w.all = append(w.all, one)
	}
}

// look shows them the account; it may be called very often.
func (w *watchers) look(a *report.Account) {
	if now := time.Now(); now.Sub(w.last) >= lookEvery {
		w.last = now
		w.show(a)
	}
}

func (w *watchers) show(a *report.Account) {
	s := w.before.With(a.Snapshot())
	for _, one := range w.all {
		one(s)
	}
}

// over shows them the account of a run that is over, and adds it to what they see of the
// next one.
func (w *watchers) over(a *report.Account) {
	if len(w.all) == 0 {
		return
	}
	w.show(a)
	w.before.Over(a.Snapshot())
}

// WatchPart shows those who watch a worker the run of one of its parts, which has options.
// Its numbers are added to those of the parts before it once over has its account; end is
// told how it ended.
func (rt *Runtime) WatchPart(name string, o *tap.Options) (over func(*report.Account), end func(error)) {
	w := &rt.watchers
	if len(w.all) > 0 {
		o.Watch = w.look
	}
	tracer, ended := rt.telemetry.Part(name)
	o.Tracer = tracer
	return w.over, func(err error) {
		why := ""
		if err != nil {
			why = rt.Console.Redact(err.Error())
		}
		ended(why)
	}
}

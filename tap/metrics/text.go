package metrics

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/report"
)

// text makes the text format: of one metric after the other all its samples.
type text struct {
	strings.Builder
	run  string              // the label of all samples
	hide func(string) string // takes secrets out of labels
}

// label is a name and its value.
type label struct{ name, value string }

// metric begins a metric.
func (t *text) metric(name, kind, help string) {
	t.WriteString("# HELP " + name + " " + help + "\n# TYPE " + name + " " + kind + "\n")
}

// sample writes a value of a metric.
func (t *text) sample(name string, value float64, labels ...label) {
	t.WriteString(name)
	for i, l := range append([]label{{"run", t.run}}, labels...) {
		sep := ","
		if i == 0 {
			sep = "{"
		}
		t.WriteString(sep + l.name + `="` + escaped.Replace(strings.ToValidUTF8(t.hide(l.value), "\ufffd")) + `"`)
	}
	t.WriteString("} " + strconv.FormatFloat(value, 'f', -1, 64) + "\n")
}

var escaped = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// gauge is a metric of one sample.
func (t *text) gauge(name, help string, value float64, labels ...label) {
	t.metric(name, "gauge", help)
	t.sample(name, value, labels...)
}

// begin is what each file begins with.
const begin = "# HELP tap_rest_"

// lastSuccess is the metric that is taken over from one run to the next.
const lastSuccess = "tap_rest_last_success_timestamp_seconds"

// firstStart is taken over, too.
const firstStart = "tap_rest_first_start_timestamp_seconds"

// state is what a file says besides the streams.
type state struct {
	version string
	begun   time.Time
	now     time.Time
	success time.Time // when the last run without an error ended; zero: nobody knows
	first   time.Time // when the first run began that wrote the file
	ended   bool
	code    int
	parts   map[Outcome]int64 // of a worker; nil: it is none
}

// Outcome is what became of a part that a worker took.
type Outcome string

// The outcomes. What is returned comes again at once, and goes on; what was lost another
// worker may have.
const (
	Read     Outcome = "read"
	Returned Outcome = "returned"
	Failed   Outcome = "failed" // it comes again
	GivenUp  Outcome = "given_up"
	Lost     Outcome = "lost"
)

// textOf is the text of a run: s is nil, where none began.
func textOf(run string, at state, s *report.Snapshot, hide func(string) string) string {
	t := &text{run: run, hide: hide}
	t.gauge("tap_rest_info", "The program that runs, or ran last.", 1, label{"version", at.version})
	t.gauge("tap_rest_running", "Whether the run goes on: 1, or 0 once it has ended.", number(!at.ended))
	t.gauge("tap_rest_heartbeat_timestamp_seconds", "When this was written, each minute while the run goes on: one that is older beside tap_rest_running of 1 is that of a run that was killed.", seconds(at.now))
	t.gauge("tap_rest_start_timestamp_seconds", "When the run began.", seconds(at.begun))
	t.gauge(firstStart, "When the first run began that wrote this file: by it shows that none has ended well since.", seconds(at.first))
	t.gauge("tap_rest_duration_seconds", "How long the run has taken.", at.now.Sub(at.begun).Seconds())
	if at.ended {
		t.gauge("tap_rest_exit_code", "How the run ended: 0 complete, 1 failed for good, 2 unusable input, 75 failed for now, above 128 a signal.", float64(at.code))
	}
	if !at.success.IsZero() {
		t.gauge(lastSuccess, "When the last run ended that exited with 0.", seconds(at.success))
	}
	if at.parts != nil {
		const name = "tap_rest_parts_total"
		t.metric(name, "counter", "Parts that the worker has taken, by what became of them.")
		for _, one := range []Outcome{Read, Returned, Failed, GivenUp, Lost} {
			t.sample(name, float64(at.parts[one]), label{"outcome", string(one)})
		}
	}
	if s == nil {
		return t.String()
	}
	t.gauge("tap_rest_stopped_early", "Whether a budget or a signal ended the run before all was read.", number(s.Stopped != ""))
	t.streams(s)
	return t.String()
}

// perStream are the metrics with one sample for each stream.
var perStream = []struct {
	name, kind, help string
	of               func(*report.StreamSnapshot) (value float64, known bool)
}{
	{"records_total", "counter", "Records on stdout.", counter(func(s *report.StreamSnapshot) int64 { return s.Records })},
	{"pages_total", "counter", "Pages whose records are all on stdout.", counter(func(s *report.StreamSnapshot) int64 { return s.Pages })},
	{"retries_total", "counter", "Requests that were sent again.", counter(func(s *report.StreamSnapshot) int64 { return s.Retries })},
	{"journal_hits_total", "counter", "Answers that the journal had, so that no request was made.", counter(func(s *report.StreamSnapshot) int64 { return s.Recalled })},
	{"received_bytes_total", "counter", "Bytes of bodies as they came.", counter(func(s *report.StreamSnapshot) int64 { return s.Bytes })},
	{"wait_seconds_total", "counter", "How long requests waited, for a rate or before a retry, side by side.", func(s *report.StreamSnapshot) (float64, bool) { return s.Waited.Seconds(), true }},
	{"cost_total", "counter", "What requests cost, by the definition.", func(s *report.StreamSnapshot) (float64, bool) { return s.Spent.Float(), s.Spent > 0 || s.Saved > 0 }},
	{"cost_saved_total", "counter", "What requests would have cost whose answers the journal had.", func(s *report.StreamSnapshot) (float64, bool) { return s.Saved.Float(), s.Spent > 0 || s.Saved > 0 }},
	{"quarantined_records_total", "counter", "Records that do not fit the schema and went to a file.", counter(func(s *report.StreamSnapshot) int64 { return s.Quarantined })},
	{"failures_total", "counter", "Partitions that failed.", counter(func(s *report.StreamSnapshot) int64 { return s.Failures })},
	{"partitions_done", "gauge", "Partitions that are done in this run.", func(s *report.StreamSnapshot) (float64, bool) {
		return float64(s.Partitions), s.All > 1 || s.Partitions > 0
	}},
	{"partitions", "gauge", "Partitions that this run is to read.", func(s *report.StreamSnapshot) (float64, bool) { return float64(s.All), s.All > 1 }},
	{"complete", "gauge", "Whether the stream came to its end, and nothing says that there is more.", flag(func(s *report.StreamSnapshot) bool { return s.Done && !s.Doubted && s.Failures == 0 })},
	{"doubtful", "gauge", "Whether something in the answers says that there is more.", flag(func(s *report.StreamSnapshot) bool { return s.Doubted })},
	{"failed", "gauge", "Whether the stream failed, or a partition of it.", flag(func(s *report.StreamSnapshot) bool { return s.Failed })},
	{"bookmark_timestamp_seconds", "gauge", "Up to when the stream was read, by the bookmark of the last STATE.", func(s *report.StreamSnapshot) (float64, bool) { return seconds(s.Bookmark), !s.Bookmark.IsZero() }},
}

func counter(of func(*report.StreamSnapshot) int64) func(*report.StreamSnapshot) (float64, bool) {
	return func(s *report.StreamSnapshot) (float64, bool) { return float64(of(s)), true }
}

func flag(of func(*report.StreamSnapshot) bool) func(*report.StreamSnapshot) (float64, bool) {
	return func(s *report.StreamSnapshot) (float64, bool) { return number(of(s)), true }
}

// streams writes what there is of streams.
func (t *text) streams(s *report.Snapshot) {
	all := s.ByName()
	for _, m := range perStream {
		name, first := "tap_rest_stream_"+m.name, true
		for _, one := range all {
			value, known := m.of(one)
			if !known {
				continue
			}
			if first {
				t.metric(name, m.kind, m.help)
				first = false
			}
			t.sample(name, value, label{"stream", one.Name})
		}
	}
	t.calls(all)
}

// calls writes how many requests were answered with each status.
func (t *text) calls(all []*report.StreamSnapshot) {
	const name = "tap_rest_stream_calls_total"
	t.metric(name, "counter", "Requests that were answered, by the status of the answer, and those that were not: none.")
	for _, one := range all {
		for _, status := range slices.Sorted(maps.Keys(one.Answers)) {
			t.sample(name, float64(one.Answers[status]), label{"stream", one.Name}, label{"status", StatusText(status)})
		}
	}
}

// StatusText is the status of an answer as the label of a metric.
func StatusText(status int) string {
	if status == fetch.NoAnswer {
		return "none"
	}
	return strconv.Itoa(status)
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

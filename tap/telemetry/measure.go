//go:build !small

package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/report"
)

// counts are the metrics that are whole numbers.
var counts = []struct {
	name, unit, help string
	of               func(*report.StreamSnapshot) int64
}{
	{"tap_rest.records", "{record}", "Records on stdout.", func(s *report.StreamSnapshot) int64 { return s.Records }},
	{"tap_rest.pages", "{page}", "Pages whose records are all on stdout.", func(s *report.StreamSnapshot) int64 { return s.Pages }},
	{"tap_rest.retries", "{request}", "Requests that were sent again.", func(s *report.StreamSnapshot) int64 { return s.Retries }},
	{"tap_rest.journal.hits", "{answer}", "Answers that the journal had, so that no request was made.", func(s *report.StreamSnapshot) int64 { return s.Recalled }},
	{"tap_rest.received", "By", "Bytes of bodies as they came.", func(s *report.StreamSnapshot) int64 { return s.Bytes }},
	{"tap_rest.partitions.done", "{partition}", "Partitions that are done.", func(s *report.StreamSnapshot) int64 { return s.Partitions }},
	{"tap_rest.failures", "{partition}", "Partitions that failed.", func(s *report.StreamSnapshot) int64 { return s.Failures }},
}

// amounts are those that are not.
var amounts = []struct {
	name, unit, help string
	of               func(*report.StreamSnapshot) float64
}{
	{"tap_rest.wait.time", "s", "How long requests waited, for a rate or before a retry, side by side.", func(s *report.StreamSnapshot) float64 { return s.Waited.Seconds() }},
	{"tap_rest.cost", "1", "What requests cost, by the definition.", func(s *report.StreamSnapshot) float64 { return s.Spent.Float() }},
	{"tap_rest.cost.saved", "1", "What requests would have cost whose answers the journal had.", func(s *report.StreamSnapshot) float64 { return s.Saved.Float() }},
}

// measure makes the metrics of a run, which are those of its latest snapshot; nil: there is
// none yet.
func measure(m metric.Meter, latest func() *report.Snapshot) error {
	each := func(observe func(*report.StreamSnapshot)) error {
		s := latest()
		if s == nil {
			return nil
		}
		for _, one := range s.ByName() {
			observe(one)
		}
		return nil
	}
	for _, c := range counts {
		_, err := m.Int64ObservableCounter(c.name, metric.WithUnit(c.unit), metric.WithDescription(c.help), metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			return each(func(s *report.StreamSnapshot) { o.Observe(c.of(s), metric.WithAttributes(streamKey.String(s.Name))) })
		}))
		if err != nil {
			return err
		}
	}
	for _, a := range amounts {
		_, err := m.Float64ObservableCounter(a.name, metric.WithUnit(a.unit), metric.WithDescription(a.help), metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
			return each(func(s *report.StreamSnapshot) { o.Observe(a.of(s), metric.WithAttributes(streamKey.String(s.Name))) })
		}))
		if err != nil {
			return err
		}
	}
	_, err := m.Int64ObservableCounter("tap_rest.requests", metric.WithUnit("{request}"), metric.WithDescription("Requests, by the status of the answer."), metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
		return each(func(s *report.StreamSnapshot) {
			for status, n := range s.Answers {
				answered := attribute.Int("http.response.status_code", status)
				if status == fetch.NoAnswer {
					answered = attribute.String("error.type", "no answer")
				}
				o.Observe(n, metric.WithAttributes(streamKey.String(s.Name), answered))
			}
		})
	}))
	return err
}

//go:build small

package telemetry

import (
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tracing"
)

// Telemetry is what is exported of a run: nothing, in a program that was built small.
type Telemetry struct{}

// Start returns nil. Where the environment asks for more, the log says that it is not there.
func Start(o Options) *Telemetry {
	if w, err := read(o.Env); w.traces != nil || w.metrics != nil || err != nil {
		o.Log().Error("the environment asks for traces or metrics by OpenTelemetry (OTEL_EXPORTER_OTLP_ENDPOINT), but this tap-rest was built small, without that: none are exported, and the run goes on; take the whole build, or set OTEL_SDK_DISABLED=true")
	}
	return nil
}

// Tracer is not called.
func (*Telemetry) Tracer() tracing.Tracer { return nil }

// Part follows nothing.
func (*Telemetry) Part(string) (tracing.Tracer, func(string)) { return nil, func(string) {} }

// Saw is not called.
func (*Telemetry) Saw(*report.Snapshot) {}

// End is not called.
func (*Telemetry) End(int, bool) {}

//go:build !small

package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tracing"
)

const (
	// lastFlush is how long what is left may take to be exported at the end,
	// lastFlushStopped where a signal has stopped the run.
	lastFlush, lastFlushStopped = 5 * time.Second, 2 * time.Second
	// scope is the name under which all is exported.
	scope = "github.com/tap-rest/tap-rest"
)

// Telemetry is what is exported of a run. Its methods may be called from any goroutine.
type Telemetry struct {
	traces  *sdktrace.TracerProvider // nil: none
	metrics *sdkmetric.MeterProvider // nil: none
	tracer  *tracer
	saw     atomic.Pointer[report.Snapshot]
	over    context.CancelFunc // ends every export under way
	log     func() *slog.Logger
	once    sync.Once
}

// Start begins to export what the environment asks for; it returns nil where that is
// nothing. End ends it.
func Start(o Options) *Telemetry {
	w, err := read(o.Env)
	if err == nil && w.traces == nil && w.metrics == nil {
		return nil
	}
	t := &Telemetry{log: o.Log}
	if err != nil {
		t.tell(err)
	}
	if w.traces == nil && w.metrics == nil {
		return nil
	}
	otel.SetLogger(logr.Discard())
	otel.SetErrorHandler(otel.ErrorHandlerFunc(t.tell))
	about, err := resourceOf(o)
	if err != nil {
		t.tell(err)
	}
	var ctx context.Context
	ctx, t.over = context.WithCancel(context.Background())
	if w.traces != nil {
		e := &spanExporter{newSender(ctx, w.traces, o, t.tell)}
		t.traces = sdktrace.NewTracerProvider(sdktrace.WithBatcher(e), sdktrace.WithResource(about))
		t.tracer = begin(t.traces, o)
	}
	if w.metrics != nil {
		e := &metricExporter{sender: newSender(ctx, w.metrics, o, t.tell), delta: strings.EqualFold(o.Env("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"), "delta")}
		t.metrics = sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(e)), sdkmetric.WithResource(about))
		if err := measure(t.metrics.Meter(scope), t.saw.Load); err != nil {
			t.tell(err)
		}
	}
	return t
}

// tell says in the log, once, that something is not exported.
func (t *Telemetry) tell(err error) {
	t.once.Do(func() {
		t.log().Warn("OpenTelemetry: not all traces and metrics can be exported; the run goes on without, and says so no more", "why", err.Error())
	})
}

// resourceOf is what the environment says of who exports.
func resourceOf(o Options) (*resource.Resource, error) {
	own := resource.NewSchemaless(attribute.String("service.name", "tap-rest"), attribute.String("service.version", o.Version))
	given, err := resource.New(context.Background(), resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		err = fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	all, mergeErr := resource.Merge(own, given)
	if mergeErr != nil {
		return own, mergeErr
	}
	return all, err
}

// Tracer follows the run; nil: no traces are exported.
func (t *Telemetry) Tracer() tracing.Tracer {
	if t.tracer == nil {
		return nil
	}
	return t.tracer
}

// Part begins the trace of one of many parts of a run that lasts: a trace of its own, with a
// link to the span of the run. end takes why the part failed, without secrets; "": it did
// not. Where no traces are exported, t nil among these cases, the tracer is nil.
func (t *Telemetry) Part(name string) (of tracing.Tracer, end func(failure string)) {
	if t == nil || t.tracer == nil {
		return nil, func(string) {}
	}
	ctx, span := t.tracer.tracer.Start(context.Background(), name, trace.WithNewRoot(), trace.WithLinks(trace.LinkFromContext(t.tracer.ctx)))
	return &tracer{t.tracer.tracer, ctx, span}, func(failure string) {
		if failure != "" {
			span.SetStatus(codes.Error, failure)
		}
		span.End()
	}
}

// Saw takes a later snapshot of the run.
func (t *Telemetry) Saw(s *report.Snapshot) { t.saw.Store(s) }

// End ends what is exported with the exit code of the program, and waits until all has
// left, but not for long. It is called once.
func (t *Telemetry) End(code int, stopped bool) {
	longest := lastFlush
	if stopped {
		longest = lastFlushStopped
	}
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	defer t.over()
	defer time.AfterFunc(longest-lastWords, t.over).Stop()
	var all sync.WaitGroup
	if t.traces != nil {
		t.tracer.end(code)
		all.Go(func() { t.ends(t.traces.Shutdown(ctx)) })
	}
	if t.metrics != nil {
		all.Go(func() { t.ends(t.metrics.Shutdown(ctx)) })
	}
	done := make(chan struct{})
	go func() {
		all.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		t.tell(errLate)
	}
}

// lastWords is how long before the end what is still being sent is given up, so that it is
// known why it was not taken.
const lastWords = 100 * time.Millisecond

// errLate says that the end has waited long enough.
var errLate = errors.New("what was left at the end was not taken in time")

// ends takes what the end of an exporter has to say.
func (t *Telemetry) ends(err error) {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		t.tell(errLate)
	case err != nil:
		t.tell(err)
	}
}

// begin begins the span of the run, within the one that the environment names.
func begin(p trace.TracerProvider, o Options) *tracer {
	above := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{
		"traceparent": o.Env("TRACEPARENT"), "tracestate": o.Env("TRACESTATE"),
	})
	t := &tracer{tracer: p.Tracer(scope, trace.WithInstrumentationVersion(o.Version))}
	t.ctx, t.span = t.tracer.Start(above, o.Name)
	return t
}

// end ends the span of the run.
func (t *tracer) end(code int) {
	t.span.SetAttributes(attribute.Int("process.exit.code", code))
	if code != 0 {
		t.span.SetStatus(codes.Error, fmt.Sprintf("exit code %d", code))
	}
	t.span.End()
}

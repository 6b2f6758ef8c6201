//go:build !small

package telemetry

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/tracing"
)

// tracer makes spans of what it is told of a run.
type tracer struct {
	tracer trace.Tracer
	ctx    context.Context // of the span of the run
	span   trace.Span
}

var _ tracing.Tracer = (*tracer)(nil)

// The attributes of spans and metrics that no convention names.
const (
	streamKey  = attribute.Key("tap_rest.stream")
	recordsKey = attribute.Key("tap_rest.records")
)

// Stream begins the span of a stream.
func (t *tracer) Stream(name string) tracing.StreamTracer {
	_, span := t.tracer.Start(t.ctx, "stream "+name, trace.WithAttributes(streamKey.String(name)))
	return &streamTracer{t.tracer, name, span}
}

// Request makes the span of a request that is over, with all its attempts. A login that no
// walk asked for is one of the run.
func (t *tracer) Request(ctx context.Context, r *fetch.Trail) {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		ctx = t.ctx
	}
	_, span := t.tracer.Start(ctx, r.Method, trace.WithTimestamp(r.Began), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(requestAttributes(r)...))
	for _, step := range r.Steps {
		span.AddEvent(string(step.What), trace.WithTimestamp(step.At), trace.WithAttributes(stepAttributes(step)...))
	}
	switch {
	case r.Err != nil:
		span.SetStatus(codes.Error, r.Err.Error())
		span.SetAttributes(attribute.String("error.type", errorType(r)))
	case r.Status >= http.StatusBadRequest: // a rule took it for a page
		span.SetAttributes(attribute.String("error.type", errorType(r)))
	}
	span.End(trace.WithTimestamp(r.Ended))
}

func requestAttributes(r *fetch.Trail) []attribute.KeyValue {
	all := []attribute.KeyValue{
		streamKey.String(r.Stream), attribute.String("http.request.method", r.Method), attribute.String("url.full", r.URL),
	}
	if host, port, err := net.SplitHostPort(r.Host); err == nil {
		all = append(all, attribute.String("server.address", host))
		if n, err := strconv.Atoi(port); err == nil {
			all = append(all, attribute.Int("server.port", n))
		}
	} else if r.Host != "" {
		all = append(all, attribute.String("server.address", r.Host))
	}
	if r.Login {
		all = append(all, attribute.Bool("tap_rest.login", true))
	}
	if r.Status != fetch.NoAnswer {
		all = append(all, attribute.Int("http.response.status_code", r.Status))
	}
	if r.Attempts > 1 {
		all = append(all, attribute.Int("http.request.resend_count", r.Attempts-1))
	}
	if r.Err == nil {
		all = append(all, attribute.Int64("http.response.body.size", r.Bytes))
	}
	if r.Err == nil && !r.Login {
		all = append(all, recordsKey.Int64(r.Records))
	}
	if r.Left > 0 {
		all = append(all, attribute.Int("tap_rest.events_left_out", r.Left))
	}
	return all
}

func stepAttributes(s fetch.Step) []attribute.KeyValue {
	all := []attribute.KeyValue{attribute.Float64("tap_rest.wait.seconds", s.For.Seconds())}
	if s.Why != "" {
		all = append(all, attribute.String("tap_rest.why", s.Why))
	}
	if s.Status != fetch.NoAnswer {
		all = append(all, attribute.Int("http.response.status_code", s.Status))
	}
	return all
}

// errorType is a failure in a word: the status, where there is one.
func errorType(r *fetch.Trail) string {
	if r.Status >= http.StatusBadRequest {
		return strconv.Itoa(r.Status)
	}
	return "_OTHER"
}

// streamTracer makes the spans within that of a stream.
type streamTracer struct {
	tracer trace.Tracer
	name   string
	span   trace.Span
}

// Partition begins the span of a partition's walk.
func (s *streamTracer) Partition(ctx context.Context, p tracing.Partition) (context.Context, func(error)) {
	attributes := []attribute.KeyValue{streamKey.String(s.name), attribute.String("tap_rest.partition.key", p.Key)}
	if p.Context != "" {
		attributes = append(attributes, attribute.String("tap_rest.partition.context", p.Context))
	}
	for _, at := range []struct {
		key string
		at  time.Time
	}{{"tap_rest.partition.start", p.Start}, {"tap_rest.partition.end", p.End}} {
		if !at.at.IsZero() {
			attributes = append(attributes, attribute.String(at.key, at.at.UTC().Format(time.RFC3339Nano)))
		}
	}
	ctx, span := s.tracer.Start(trace.ContextWithSpan(ctx, s.span), "partition of "+s.name, trace.WithAttributes(attributes...))
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}
}

// End ends the span of the stream.
func (s *streamTracer) End(status string, records int64, failure error) {
	s.span.SetAttributes(attribute.String("tap_rest.status", status), recordsKey.Int64(records))
	if failure != nil {
		s.span.SetStatus(codes.Error, failure.Error())
	}
	s.span.End()
}

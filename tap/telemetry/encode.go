//go:build !small

package telemetry

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	metricsservice "go.opentelemetry.io/proto/slim/otlp/collector/metrics/v1"
	traceservice "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/slim/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/slim/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/slim/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/slim/otlp/trace/v1"
)

// hider makes messages of the protocol, and takes secrets out of every text in them.
type hider func(string) string

// spans is a message of spans, which are all of one resource and scope.
func (h hider) spans(all []sdktrace.ReadOnlySpan) *traceservice.ExportTraceServiceRequest {
	if len(all) == 0 {
		return &traceservice.ExportTraceServiceRequest{}
	}
	in := &tracepb.ScopeSpans{Scope: h.scope(all[0].InstrumentationScope())}
	for _, s := range all {
		in.Spans = append(in.Spans, h.span(s))
	}
	return &traceservice.ExportTraceServiceRequest{ResourceSpans: []*tracepb.ResourceSpans{{Resource: h.resource(all[0].Resource()), ScopeSpans: []*tracepb.ScopeSpans{in}}}}
}

// hasRemote says in the flags of a span that it is known whether its parent is of another
// process, isRemote that it is.
const (
	hasRemote = uint32(tracepb.SpanFlags_SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK)
	isRemote  = uint32(tracepb.SpanFlags_SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK)
)

func (h hider) span(s sdktrace.ReadOnlySpan) *tracepb.Span {
	id, traceID, flags := s.SpanContext().SpanID(), s.SpanContext().TraceID(), uint32(s.SpanContext().TraceFlags())|hasRemote
	if s.Parent().IsRemote() {
		flags |= isRemote
	}
	span := &tracepb.Span{
		TraceId: traceID[:], SpanId: id[:], TraceState: s.SpanContext().TraceState().String(), Flags: flags,
		Name: h(s.Name()), Kind: tracepb.Span_SpanKind(s.SpanKind()), StartTimeUnixNano: nanos(s.StartTime()), EndTimeUnixNano: nanos(s.EndTime()),
		Attributes: h.attributes(s.Attributes()), DroppedAttributesCount: uint32(s.DroppedAttributes()), DroppedEventsCount: uint32(s.DroppedEvents()),
	}
	if parent := s.Parent().SpanID(); parent.IsValid() {
		span.ParentSpanId = parent[:]
	}
	for _, e := range s.Events() {
		span.Events = append(span.Events, &tracepb.Span_Event{TimeUnixNano: nanos(e.Time), Name: h(e.Name), Attributes: h.attributes(e.Attributes), DroppedAttributesCount: uint32(e.DroppedAttributeCount)})
	}
	for _, l := range s.Links() {
		traceID, id := l.SpanContext.TraceID(), l.SpanContext.SpanID()
		span.Links = append(span.Links, &tracepb.Span_Link{TraceId: traceID[:], SpanId: id[:], Attributes: h.attributes(l.Attributes)})
	}
	if status := s.Status(); status.Code == codes.Error {
		span.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: h(status.Description)}
	}
	return span
}

// metrics is a message of metrics.
func (h hider) metrics(all *metricdata.ResourceMetrics) *metricsservice.ExportMetricsServiceRequest {
	of := &metricspb.ResourceMetrics{Resource: h.resource(all.Resource)}
	for _, s := range all.ScopeMetrics {
		in := &metricspb.ScopeMetrics{Scope: h.scope(s.Scope)}
		for _, m := range s.Metrics {
			one := &metricspb.Metric{Name: m.Name, Description: m.Description, Unit: m.Unit}
			switch data := m.Data.(type) { // measure makes no others
			case metricdata.Sum[int64]:
				one.Data = sum(h, data, func(p *metricspb.NumberDataPoint, n int64) { p.Value = &metricspb.NumberDataPoint_AsInt{AsInt: n} })
			case metricdata.Sum[float64]:
				one.Data = sum(h, data, func(p *metricspb.NumberDataPoint, n float64) {
					p.Value = &metricspb.NumberDataPoint_AsDouble{AsDouble: n}
				})
			}
			in.Metrics = append(in.Metrics, one)
		}
		of.ScopeMetrics = append(of.ScopeMetrics, in)
	}
	return &metricsservice.ExportMetricsServiceRequest{ResourceMetrics: []*metricspb.ResourceMetrics{of}}
}

func sum[N int64 | float64](h hider, data metricdata.Sum[N], set func(*metricspb.NumberDataPoint, N)) *metricspb.Metric_Sum {
	counts := metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE
	if data.Temporality == metricdata.DeltaTemporality {
		counts = metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA
	}
	all := &metricspb.Sum{IsMonotonic: data.IsMonotonic, AggregationTemporality: counts}
	for _, p := range data.DataPoints {
		point := &metricspb.NumberDataPoint{Attributes: h.attributes(p.Attributes.ToSlice()), StartTimeUnixNano: nanos(p.StartTime), TimeUnixNano: nanos(p.Time)}
		set(point, p.Value)
		all.DataPoints = append(all.DataPoints, point)
	}
	return &metricspb.Metric_Sum{Sum: all}
}

func (h hider) resource(r *resource.Resource) *resourcepb.Resource {
	return &resourcepb.Resource{Attributes: h.attributes(r.Attributes())}
}

func (h hider) scope(s instrumentation.Scope) *commonpb.InstrumentationScope {
	return &commonpb.InstrumentationScope{Name: s.Name, Version: s.Version}
}

func (h hider) attributes(all []attribute.KeyValue) []*commonpb.KeyValue {
	out := make([]*commonpb.KeyValue, 0, len(all))
	for _, a := range all {
		out = append(out, &commonpb.KeyValue{Key: string(a.Key), Value: h.value(a.Value)})
	}
	return out
}

// value is the value of an attribute: what is neither number nor truth is text.
func (h hider) value(v attribute.Value) *commonpb.AnyValue {
	switch v.Type() {
	case attribute.BOOL:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: v.AsBool()}}
	case attribute.INT64:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: v.AsInt64()}}
	case attribute.FLOAT64:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: v.AsFloat64()}}
	}
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: h(v.String())}}
}

func nanos(t time.Time) uint64 { return uint64(max(0, t.UnixNano())) }

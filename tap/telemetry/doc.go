// Package telemetry exports traces and metrics of a run by OpenTelemetry's protocol (OTLP,
// protobuf over HTTP), where the standard variables of the environment ask for it.
//
// A run is a span, within that of the variable TRACEPARENT, if there is one; within it are
// a span for each stream, partition and request (with all its attempts), and for each
// request of a login that one of them needed. Waits for limits, retries and polls are events
// of the request. A worker reads parts as long as it lasts: each of them is a trace of its
// own, which [Telemetry.Part] begins, with a link to the worker's span. Metrics are of
// streams, and counted from the beginning of the run, or of the worker. The official SDK makes spans, samples and queues them; what sends
// them is here, since the SDK's own exporters link gRPC, and more than double what all of
// this adds to the program.
//
// The variables: OTEL_SDK_DISABLED, OTEL_EXPORTER_OTLP_ENDPOINT, …_HEADERS, …_PROTOCOL
// (http/protobuf alone), …_COMPRESSION, …_TIMEOUT, …_CERTIFICATE, each of them also for
// TRACES and METRICS alone; OTEL_TRACES_EXPORTER and OTEL_METRICS_EXPORTER (otlp or none),
// OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER, OTEL_BSP_…,
// OTEL_METRIC_EXPORT_…, TRACEPARENT, TRACESTATE. Without an endpoint nothing is exported,
// unless one of the two exporters is set to otlp: then to http://localhost:4318.
//
// Promises.
//
//   - Who receives nothing, or late, neither slows nor fails a run: spans for which there is
//     no room are left out. The log says once that something could not be exported, and
//     what is left at the end has five seconds.
//   - Nothing that is exported holds a secret of the run.
package telemetry

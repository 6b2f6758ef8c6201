//go:build !small

package telemetry

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	metricsservice "go.opentelemetry.io/proto/slim/otlp/collector/metrics/v1"
	traceservice "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

const (
	// firstPause is how long a sender waits before it sends again, and twice as long each
	// time, where the receiver does not say.
	firstPause = time.Second
	// mostAnswer is how much of an answer is read.
	mostAnswer = 64 << 10
)

// sender sends messages to where something is exported to. It fails nobody: what cannot be
// sent is told.
type sender struct {
	to   *target
	http *http.Client
	hide hider
	tell func(error)
	over context.Context // ends every message under way
	name string          // of the program, to the receiver
}

func newSender(over context.Context, to *target, o Options, tell func(error)) *sender {
	trip := o.Transport
	if trip == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.TLSClientConfig = to.tls
		trip = t
	}
	client := &http.Client{Transport: trip, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &sender{to: to, http: client, hide: o.Hide, tell: tell, over: over, name: "tap-rest/" + o.Version}
}

// send sends a message, again where the receiver cannot take it for now, until its time is
// over, and reads the answer.
func (s *sender) send(ctx context.Context, message, answer proto.Message) error {
	ctx, cancel := context.WithTimeout(ctx, s.to.timeout)
	defer cancel()
	defer context.AfterFunc(s.over, cancel)()
	body, err := proto.Marshal(message)
	if err != nil {
		return err
	}
	if s.to.gzip {
		body = packed(body)
	}
	for pause := firstPause; ; pause *= 2 {
		wait, err := s.post(ctx, body, answer)
		if err == nil || wait < 0 {
			return err
		}
		timer := time.NewTimer(max(wait, pause))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

func packed(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(body) // a buffer takes all
	_ = w.Close()
	return b.Bytes()
}

// post sends a message once. Where that fails for now, it returns how long to wait at
// least; else a wait below 0.
func (s *sender) post(ctx context.Context, body []byte, answer proto.Message) (wait time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.to.url.String(), bytes.NewReader(body))
	if err != nil {
		return -1, err
	}
	r.Header = s.to.header.Clone()
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("User-Agent", s.name)
	if s.to.gzip {
		r.Header.Set("Content-Encoding", "gzip")
	}
	resp, err := s.http.Do(r)
	if err != nil {
		var at *url.Error
		if errors.As(err, &at) {
			err = at.Err
		}
		if ctx.Err() != nil {
			err = errors.New("no answer came in time")
		}
		return 0, fmt.Errorf("POST %s: %w", s.to.url.Redacted(), err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if resp.StatusCode/100 != 2 {
		wait = -1
		switch resp.StatusCode {
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After")) // a date is taken for none
			wait = time.Duration(min(max(0, seconds), 3600)) * time.Second
		}
		return wait, fmt.Errorf("POST %s was answered %s", s.to.url.Redacted(), resp.Status)
	}
	if err == nil {
		_ = proto.Unmarshal(text, answer) // the message was taken, whatever the answer is
	}
	return -1, nil
}

// spanExporter exports spans.
type spanExporter struct{ *sender }

var _ sdktrace.SpanExporter = (*spanExporter)(nil)

// ExportSpans sends spans. It never fails: who wants to know is told.
func (e *spanExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	var answer traceservice.ExportTraceServiceResponse
	err := e.send(ctx, e.hide.spans(spans), &answer)
	if n := answer.GetPartialSuccess().GetRejectedSpans(); err == nil && n > 0 {
		err = fmt.Errorf("POST %s: the receiver has rejected %d spans: %s", e.to.url.Redacted(), n, answer.GetPartialSuccess().GetErrorMessage())
	}
	if err != nil {
		e.tell(err)
	}
	return nil
}

// Shutdown ends nothing: the sender has no state.
func (e *spanExporter) Shutdown(context.Context) error { return nil }

// metricExporter exports metrics.
type metricExporter struct {
	*sender
	delta bool // counters say what came since they were exported last
}

var _ sdkmetric.Exporter = (*metricExporter)(nil)

// Export sends metrics. It never fails: who wants to know is told.
func (e *metricExporter) Export(ctx context.Context, all *metricdata.ResourceMetrics) error {
	var answer metricsservice.ExportMetricsServiceResponse
	err := e.send(ctx, e.hide.metrics(all), &answer)
	if n := answer.GetPartialSuccess().GetRejectedDataPoints(); err == nil && n > 0 {
		err = fmt.Errorf("POST %s: the receiver has rejected %d metrics: %s", e.to.url.Redacted(), n, answer.GetPartialSuccess().GetErrorMessage())
	}
	if err != nil {
		e.tell(err)
	}
	return nil
}

// Temporality says what counters count from.
func (e *metricExporter) Temporality(sdkmetric.InstrumentKind) metricdata.Temporality {
	if e.delta {
		return metricdata.DeltaTemporality
	}
	return metricdata.CumulativeTemporality
}

// Aggregation is the default of an instrument.
func (e *metricExporter) Aggregation(kind sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	return sdkmetric.DefaultAggregationSelector(kind)
}

// ForceFlush does nothing: nothing is held back.
func (e *metricExporter) ForceFlush(context.Context) error { return nil }

// Shutdown ends nothing: the sender has no state.
func (e *metricExporter) Shutdown(context.Context) error { return nil }

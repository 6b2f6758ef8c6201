//go:build !small

package telemetry

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	metricsservice "go.opentelemetry.io/proto/slim/otlp/collector/metrics/v1"
	traceservice "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/slim/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tracing"
)

// receiver takes what is exported.
type receiver struct {
	answers func(n int, r *http.Request) (*http.Response, error) // of the nth message; nil: all are taken

	mu       sync.Mutex
	requests []*http.Request
	spans    []*tracepb.Span
	resource map[string]string
	points   map[string]string // of the last message, by metric and attributes
	text     []byte            // of all messages
}

func (rc *receiver) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		if body, err = io.ReadAll(z); err != nil {
			return nil, err
		}
	}
	rc.mu.Lock()
	rc.requests = append(rc.requests, r)
	n := len(rc.requests)
	rc.mu.Unlock()
	if rc.answers != nil {
		if resp, err := rc.answers(n, r); resp != nil || err != nil {
			return resp, err
		}
	}
	return response(200, ""), rc.take(r, body)
}

func (rc *receiver) take(r *http.Request, body []byte) error {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	rc.text = append(rc.text, body...)
	switch {
	case strings.HasSuffix(r.URL.Path, "traces"):
		var m traceservice.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &m); err != nil {
			return err
		}
		for _, of := range m.ResourceSpans {
			rc.resource = texts(of.Resource.Attributes)
			for _, in := range of.ScopeSpans {
				rc.spans = append(rc.spans, in.Spans...)
			}
		}
	default:
		var m metricsservice.ExportMetricsServiceRequest
		if err := proto.Unmarshal(body, &m); err != nil {
			return err
		}
		rc.points = map[string]string{}
		for _, of := range m.ResourceMetrics {
			for _, in := range of.ScopeMetrics {
				for _, metric := range in.Metrics {
					for _, p := range metric.GetSum().GetDataPoints() {
						rc.points[fmt.Sprint(metric.Name, " ", texts(p.Attributes))] = fmt.Sprint(p.GetAsInt(), " ", p.GetAsDouble(), " ", metric.Unit)
					}
				}
			}
		}
	}
	return nil
}

func response(status int, retryAfter string) *http.Response {
	h := http.Header{}
	if retryAfter != "" {
		h.Set("Retry-After", retryAfter)
	}
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Header: h, Body: http.NoBody}
}

// texts are attributes as text.
func texts(all []*commonpb.KeyValue) map[string]string {
	m := map[string]string{}
	for _, a := range all {
		switch v := a.Value.Value.(type) {
		case *commonpb.AnyValue_StringValue:
			m[a.Key] = v.StringValue
		case *commonpb.AnyValue_IntValue:
			m[a.Key] = fmt.Sprint(v.IntValue)
		case *commonpb.AnyValue_DoubleValue:
			m[a.Key] = fmt.Sprint(v.DoubleValue)
		case *commonpb.AnyValue_BoolValue:
			m[a.Key] = fmt.Sprint(v.BoolValue)
		}
	}
	return m
}

// span is the one of a name.
func (rc *receiver) span(t *testing.T, name string) *tracepb.Span {
	t.Helper()
	i := slices.IndexFunc(rc.spans, func(s *tracepb.Span) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("there is no span %q", name)
	}
	return rc.spans[i]
}

// exporting begins to export into a receiver, with an environment of NAME=value, and
// returns the log.
func exporting(rc *receiver, env ...string) (*Telemetry, *bytes.Buffer) {
	var log bytes.Buffer
	t := Start(Options{
		Name: "tap-rest sync", Version: "1.2", Transport: rc, Log: func() *slog.Logger { return slog.New(slog.NewTextHandler(&log, nil)) },
		Hide: func(text string) string { return strings.ReplaceAll(text, "hunter2", "***") },
		Env: func(name string) string {
			for _, v := range env {
				if value, ok := strings.CutPrefix(v, name+"="); ok {
					return value
				}
			}
			return ""
		},
	})
	return t, &log
}

const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT=http://collector.test:4318"

// follow tells a telemetry of a run with one stream, partition and request.
func follow(t *Telemetry, failure error) {
	began := time.Now()
	s := t.Tracer().Stream("orders")
	ctx, end := s.Partition(context.Background(), tracing.Partition{Key: "k1", Context: `{"account":"hunter2"}`, Start: began})
	t.Tracer().Request(ctx, &fetch.Trail{
		Stream: "orders", Method: "GET", URL: "http://api.test:80/orders?key=hunter2", Host: "api.test:80", Began: began, Ended: began.Add(time.Second),
		Attempts: 3, Status: 200, Bytes: 10, Records: 2, Steps: []fetch.Step{
			{At: began, What: fetch.Retries, Why: "answered 503 hunter2", For: time.Second, Status: 503}, {At: began, What: fetch.Waited, Why: "rate_limit", For: time.Minute},
		},
	})
	t.Tracer().Request(ctx, &fetch.Trail{Stream: "orders", Method: "POST", URL: "http://api.test/x", Host: "api.test", Began: began, Ended: began, Attempts: 1, Status: 403, Err: errors.New("refused hunter2")})
	end(failure)
	s.End("complete", 2, failure)
	t.Saw(&report.Snapshot{Streams: []report.StreamSnapshot{
		{Name: "orders", Numbers: report.Numbers{Records: 9_007_199_254_740_993, Waited: 1500 * time.Millisecond}, Answers: map[int]int64{200: 5, 503: 1, 0: 2}},
		{Name: "of a listing", Hidden: true},
	}})
}

// TestParts: each part of a worker has a trace of its own, which names the worker's; a login
// that no walk asked for is within the part, and says that it is one.
func TestParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rc := &receiver{}
		tel, _ := exporting(rc, endpoint)
		for _, failure := range []string{"", "the target was killed"} {
			of, end := tel.Part("part of orders")
			of.Stream("orders").End("complete", 2, nil)
			of.Request(context.Background(), &fetch.Trail{Stream: "orders", Login: true, Method: "POST", URL: "http://api.test/token", Host: "api.test", Attempts: 1, Status: 200, Bytes: 7})
			end(failure)
		}
		tel.End(0, false)
		run := rc.span(t, "tap-rest sync")
		traces := map[string]int{}
		for _, s := range rc.spans {
			traces[hex.EncodeToString(s.TraceId)]++
			switch s.Name {
			case "part of orders":
				if len(s.ParentSpanId) > 0 || len(s.Links) != 1 || !bytes.Equal(s.Links[0].SpanId, run.SpanId) {
					t.Errorf("the part is within %x, and has the links %v", s.ParentSpanId, s.Links)
				}
				if message := s.Status.GetMessage(); message != "" && message != "the target was killed" || (message == "") != (s.Status.GetCode() == tracepb.Status_STATUS_CODE_UNSET) {
					t.Errorf("its status is %v", s.Status)
				}
			case "POST":
				if got, want := fmt.Sprint(texts(s.Attributes)), "map[http.request.method:POST http.response.body.size:7 http.response.status_code:200 server.address:api.test tap_rest.login:true tap_rest.stream:orders url.full:http://api.test/token]"; got != want {
					t.Errorf("the login has %s, want %s", got, want)
				}
			}
		}
		if len(traces) != 3 || len(rc.spans) != 1+2*3 {
			t.Errorf("%d spans in the traces %v, want 7 in 3", len(rc.spans), traces)
		}
	})
	of, end := (*Telemetry)(nil).Part("x")
	if end(""); of != nil {
		t.Error("there is a tracer where nothing is exported")
	}
}

// TestExport: spans lie within each other and within that of TRACEPARENT, have the
// attributes of the conventions, and no secret; metrics are those of the latest snapshot.
func TestExport(t *testing.T) {
	t.Setenv("OTEL_SERVICE_NAME", "nightly") // these the SDK reads by itself
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "team=data,env=hunter2")
	synctest.Test(t, func(t *testing.T) {
		rc := &receiver{}
		const trace = "0af7651916cd43dd8448eb211c80319c"
		tel, log := exporting(rc, endpoint+"/", "TRACEPARENT=00-"+trace+"-b7ad6b7169203331-01",
			"OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20abc, x-team = data", "OTEL_EXPORTER_OTLP_COMPRESSION=gzip")
		follow(tel, errors.New("failed with hunter2"))
		tel.End(75, false)
		if log.Len() > 0 {
			t.Errorf("the log says %s", log)
		}
		var urls []string
		for _, r := range rc.requests {
			urls = append(urls, r.URL.String())
			if r.Header.Get("Authorization") != "Bearer abc" || r.Header.Get("X-Team") != "data" || r.Header.Get("Content-Type") != "application/x-protobuf" {
				t.Errorf("headers are %v", r.Header)
			}
		}
		slices.Sort(urls)
		if want := []string{"http://collector.test:4318/v1/metrics", "http://collector.test:4318/v1/traces"}; !slices.Equal(urls, want) {
			t.Errorf("sent to %q, want %q", urls, want)
		}
		run, stream, partition, get, post := rc.span(t, "tap-rest sync"), rc.span(t, "stream orders"), rc.span(t, "partition of orders"), rc.span(t, "GET"), rc.span(t, "POST")
		if hex.EncodeToString(run.ParentSpanId) != "b7ad6b7169203331" {
			t.Errorf("the run's parent is %x", run.ParentSpanId)
		}
		for _, within := range [][2]*tracepb.Span{{stream, run}, {partition, stream}, {get, partition}, {post, partition}} {
			if !bytes.Equal(within[0].ParentSpanId, within[1].SpanId) || hex.EncodeToString(within[0].TraceId) != trace {
				t.Errorf("%s is not within %s", within[0].Name, within[1].Name)
			}
		}
		for _, tt := range []struct {
			span *tracepb.Span
			want string
		}{
			{run, "map[process.exit.code:75]"},
			{stream, "map[tap_rest.records:2 tap_rest.status:complete tap_rest.stream:orders]"},
			{partition, `map[tap_rest.partition.context:{"account":"***"} tap_rest.partition.key:k1 tap_rest.partition.start:2000-01-01T00:00:00Z tap_rest.stream:orders]`},
			{get, "map[http.request.method:GET http.request.resend_count:2 http.response.body.size:10 http.response.status_code:200 server.address:api.test server.port:80 tap_rest.records:2 tap_rest.stream:orders url.full:http://api.test:80/orders?key=***]"},
			{post, "map[error.type:403 http.request.method:POST http.response.status_code:403 server.address:api.test tap_rest.stream:orders url.full:http://api.test/x]"},
		} {
			if got := fmt.Sprint(texts(tt.span.Attributes)); got != tt.want {
				t.Errorf("%s has %s, want %s", tt.span.Name, got, tt.want)
			}
		}
		if get.Kind != tracepb.Span_SPAN_KIND_CLIENT || get.EndTimeUnixNano-get.StartTimeUnixNano != 1e9 || len(get.Events) != 2 || get.Events[0].Name != "retry" || get.Events[1].Name != "wait" {
			t.Errorf("the request is %v", get)
		}
		if got, want := fmt.Sprint(texts(get.Events[0].Attributes)), "map[http.response.status_code:503 tap_rest.wait.seconds:1 tap_rest.why:answered 503 ***]"; got != want {
			t.Errorf("the retry has %s, want %s", got, want)
		}
		if post.Status.GetMessage() != "refused ***" || partition.Status.GetCode() != tracepb.Status_STATUS_CODE_ERROR || run.Status.GetCode() != tracepb.Status_STATUS_CODE_ERROR || get.Status.GetCode() != tracepb.Status_STATUS_CODE_UNSET {
			t.Errorf("statuses are %v, %v, %v, %v", post.Status, partition.Status, run.Status, get.Status)
		}
		for key, want := range map[string]string{"service.name": "nightly", "service.version": "1.2", "team": "data", "telemetry.sdk.language": "go"} {
			if rc.resource[key] != want {
				t.Errorf("%s is %q, want %q", key, rc.resource[key], want)
			}
		}
		for key, want := range map[string]string{
			"tap_rest.records map[tap_rest.stream:orders]": "9007199254740993 0 {record}", "tap_rest.wait.time map[tap_rest.stream:orders]": "0 1.5 s",
			"tap_rest.requests map[http.response.status_code:503 tap_rest.stream:orders]": "1 0 {request}", "tap_rest.requests map[error.type:no answer tap_rest.stream:orders]": "2 0 {request}",
		} {
			if rc.points[key] != want {
				t.Errorf("%s is %q, want %q, of %v", key, rc.points[key], want, rc.points)
			}
		}
		if bytes.Contains(rc.text, []byte("hunter2")) {
			t.Error("a secret was exported")
		}
		if bytes.Contains(rc.text, []byte("of a listing")) {
			t.Error("a stream was exported that nobody knows by its name")
		}
	})
}

// TestReceiverIsNotWell: a receiver that hangs, refuses or is not there is told once; the end
// waits five seconds for it at most, two after a signal; one that cannot take a message for
// now gets it again.
func TestReceiverIsNotWell(t *testing.T) {
	hang := func(_ int, r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, context.Cause(r.Context())
	}
	always := func(resp func() (*http.Response, error)) func(int, *http.Request) (*http.Response, error) {
		return func(int, *http.Request) (*http.Response, error) { return resp() }
	}
	for _, tt := range []struct {
		name    string
		answers func(int, *http.Request) (*http.Response, error)
		stopped bool
		most    time.Duration
		told    string // "": nothing is
		spans   int
	}{
		{"it is well", nil, false, 0, "", 5},
		{"it hangs", hang, false, 5 * time.Second, "in time", 0},
		{"it hangs, and the run was stopped", hang, true, 2 * time.Second, "in time", 0},
		{"it refuses", always(func() (*http.Response, error) { return response(401, ""), nil }), false, 0, "was answered 401 Unauthorized", 0},
		{"it leads elsewhere", always(func() (*http.Response, error) {
			r := response(302, "")
			r.Header.Set("Location", "http://elsewhere.test/")
			return r, nil
		}), false, 0, "was answered 302 Found", 0},
		{"it is not there", always(func() (*http.Response, error) { return nil, errors.New("connection refused") }), false, 5 * time.Second, "http://collector.test:4318/v1/", 0},
		{"it is busy for now", func(n int, _ *http.Request) (*http.Response, error) {
			if n <= 2 {
				return response(503, ""), nil
			}
			return nil, nil
		}, false, 2 * time.Second, "", 5},
		{"it is busy, and says how long", func(n int, _ *http.Request) (*http.Response, error) {
			if n <= 2 {
				return response(429, "3"), nil
			}
			return nil, nil
		}, false, 3 * time.Second, "", 5},
		{"it is busy for long", always(func() (*http.Response, error) { return response(429, "3000"), nil }), false, 5 * time.Second, "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rc := &receiver{answers: tt.answers}
				tel, log := exporting(rc, endpoint)
				follow(tel, nil)
				began := time.Now()
				tel.End(0, tt.stopped)
				if took := time.Since(began); took > tt.most {
					t.Errorf("the end took %s, want %s at most", took, tt.most)
				}
				synctest.Wait()
				if n := strings.Count(log.String(), "\n"); n > 1 || tt.told != "" && (n != 1 || !strings.Contains(log.String(), tt.told)) || tt.name == "it is well" && n > 0 {
					t.Errorf("the log says\n%s", log)
				}
				if len(rc.spans) != tt.spans {
					t.Errorf("%d spans came, want %d", len(rc.spans), tt.spans)
				}
			})
		})
	}
}

// TestNeverWaits: a run of any number of requests goes on whatever the receiver does.
func TestNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel, log := exporting(&receiver{answers: func(_ int, r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, context.Cause(r.Context())
		}}, endpoint)
		began := time.Now()
		for range 5000 {
			follow(tel, nil)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("it took %s", took)
		}
		time.Sleep(10 * time.Minute)
		tel.End(0, false)
		synctest.Wait()
		if n := strings.Count(log.String(), "\n"); n != 1 {
			t.Errorf("the log says\n%s", log)
		}
	})
}

// TestEnvironment: what the variables ask for, and what is said of those that make no sense.
func TestEnvironment(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  []string
		want []string // paths
		told string
	}{
		{"nothing", nil, nil, ""},
		{"an endpoint", []string{endpoint}, []string{"/v1/metrics", "/v1/traces"}, ""},
		{"an endpoint with a path", []string{endpoint + "/otlp"}, []string{"/otlp/v1/metrics", "/otlp/v1/traces"}, ""},
		{"disabled", []string{endpoint, "OTEL_SDK_DISABLED=True"}, nil, ""},
		{"no traces", []string{endpoint, "OTEL_TRACES_EXPORTER=none"}, []string{"/v1/metrics"}, ""},
		{"no metrics", []string{endpoint, "OTEL_METRICS_EXPORTER=none"}, []string{"/v1/traces"}, ""},
		{"traces alone", []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://x.test/my-traces"}, []string{"/my-traces"}, ""},
		{"without an endpoint", []string{"OTEL_TRACES_EXPORTER=otlp"}, []string{"/v1/traces"}, ""},
		{"another exporter", []string{endpoint, "OTEL_TRACES_EXPORTER=zipkin"}, []string{"/v1/metrics"}, "otlp and none are what there is"},
		{"gRPC", []string{endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}, nil, "set it to http/protobuf"},
		{"no URL", []string{"OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318"}, nil, "is no URL that begins with http:// or https://"},
		{"no headers", []string{endpoint, "OTEL_EXPORTER_OTLP_HEADERS=abc"}, nil, "OTEL_EXPORTER_OTLP_HEADERS is not a list of headers"},
		{"no certificate", []string{endpoint, "OTEL_EXPORTER_OTLP_CERTIFICATE=/nowhere.pem"}, nil, "/nowhere.pem"},
		{"no attributes", []string{endpoint, "OTEL_RESOURCE_ATTRIBUTES=abc"}, []string{"/v1/metrics", "/v1/traces"}, "OTEL_RESOURCE_ATTRIBUTES"},
		{"nothing is sampled", []string{endpoint, "OTEL_TRACES_SAMPLER=always_off", "OTEL_METRICS_EXPORTER=none"}, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, v := range tt.env { // the SDK reads some by itself
				name, value, _ := strings.Cut(v, "=")
				t.Setenv(name, value)
			}
			synctest.Test(t, func(t *testing.T) {
				rc := &receiver{}
				tel, log := exporting(rc, tt.env...)
				if tel != nil {
					tel.Saw(&report.Snapshot{Streams: []report.StreamSnapshot{{Name: "a"}}})
					tel.End(0, false)
				}
				var paths []string
				for _, r := range rc.requests {
					paths = append(paths, r.URL.Path)
				}
				slices.Sort(paths)
				if !slices.Equal(paths, tt.want) {
					t.Errorf("sent to %q, want %q", paths, tt.want)
				}
				if n := strings.Count(log.String(), "\n"); (tt.told == "") != (n == 0) || !strings.Contains(log.String(), tt.told) {
					t.Errorf("the log says %q, want %q", log, tt.told)
				}
			})
		})
	}
}

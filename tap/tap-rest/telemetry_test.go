//go:build unix && !small

package main_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	metricsservice "go.opentelemetry.io/proto/slim/otlp/collector/metrics/v1"
	traceservice "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/testrig"
)

// otlp receives traces and metrics.
type otlp struct {
	mu      sync.Mutex
	text    []byte // of all messages
	spans   []*tracepb.Span
	metrics []string // names
}

func (o *otlp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, body...)
	var traces traceservice.ExportTraceServiceRequest
	var metrics metricsservice.ExportMetricsServiceRequest
	switch {
	case r.URL.Path == "/v1/traces" && proto.Unmarshal(body, &traces) == nil:
		for _, of := range traces.ResourceSpans {
			for _, in := range of.ScopeSpans {
				o.spans = append(o.spans, in.Spans...)
			}
		}
	case r.URL.Path == "/v1/metrics" && proto.Unmarshal(body, &metrics) == nil:
		for _, of := range metrics.ResourceMetrics {
			for _, in := range of.ScopeMetrics {
				for _, m := range in.Metrics {
					o.metrics = append(o.metrics, m.Name)
				}
			}
		}
	default:
		http.Error(w, "what is that?", http.StatusBadRequest)
	}
}

// path names a span and those that it lies within.
func (o *otlp) path(s *tracepb.Span) string {
	i := slices.IndexFunc(o.spans, func(above *tracepb.Span) bool { return bytes.Equal(above.SpanId, s.ParentSpanId) })
	if i < 0 {
		return s.Name
	}
	return o.path(o.spans[i]) + " > " + s.Name
}

// TestTelemetry: a run exports its spans and metrics to a receiver, with its retries, and
// without its secrets, which the API repeats in its answers; one that refuses them is told
// once, and changes nothing.
func TestTelemetry(t *testing.T) {
	const token = "hunter2-token-0123"
	leaks := apitest.Body(http.StatusForbidden, "application/json", `{"error": "`+token+` may not"}`)
	api := apitest.New(apitest.RequireBearer(token), apitest.OnPath("/customers", 1, apitest.Status(503)), apitest.OnPath("/orders", 1, leaks)).
		Add(apitest.Customers(120)).Add(apitest.Orders(10))
	url := testrig.Serve(t, api)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"api.yaml": `version: 1
name: test
settings: {properties: {token: {type: string, secret: true}}}
client: {base_url: "` + url + `", auth: {type: bearer, token: "{{ config.token }}"}, retry: {attempts: 3, min_wait: 1ms, max_wait: 1ms}}
defaults: {records: data, primary_key: [id], params: {key: "{{ config.token }}"}}
streams:
  - {name: customers, path: /customers, pagination: {type: page, param: page, total_pages: meta.pages}}
  - {name: orders, path: /orders}
`,
		"config.json": `{"source": "api.yaml", "token": "` + token + `"}`,
	} {
		testrig.Write(t, filepath.Join(dir, name), text)
	}
	run := func(to string) (code int, stderr string) {
		api.Reset()
		cmd := exec.Command(builtBinary(t), "--config", "config.json")
		var said bytes.Buffer
		cmd.Dir, cmd.Stderr = dir, &said
		cmd.Env = append(ownEnv(t.TempDir()), "OTEL_EXPORTER_OTLP_ENDPOINT="+to, "TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "TAP_REST_RUN__JOURNAL__OFF=true")
		_ = cmd.Run() // its exit code says how it ended
		return cmd.ProcessState.ExitCode(), said.String()
	}
	receives := &otlp{}
	receiver := httptest.NewServer(receives)
	defer receiver.Close()
	code, stderr := run(receiver.URL)
	if code != 1 || strings.Contains(stderr, "OpenTelemetry") {
		t.Errorf("it ended with %d: %s", code, stderr)
	}
	paths := map[string]int{}
	for _, s := range receives.spans {
		paths[receives.path(s)]++
		if fmt.Sprintf("%x", s.TraceId) != "0af7651916cd43dd8448eb211c80319c" {
			t.Errorf("%s is in the trace %x", s.Name, s.TraceId)
		}
	}
	want := map[string]int{
		"tap-rest sync": 1, "tap-rest sync > stream customers": 1, "tap-rest sync > stream customers > partition of customers": 1, "tap-rest sync > stream customers > partition of customers > GET": 2,
		"tap-rest sync > stream orders": 1, "tap-rest sync > stream orders > partition of orders": 1, "tap-rest sync > stream orders > partition of orders > GET": 1,
	}
	if fmt.Sprint(paths) != fmt.Sprint(want) {
		t.Errorf("spans are\n%v\nwant\n%v", paths, want)
	}
	events := 0
	for _, s := range receives.spans {
		for _, e := range s.Events {
			if e.Name == "retry" {
				events++
			}
		}
	}
	if events != 1 {
		t.Errorf("%d retries, want 1", events)
	}
	if !slices.Contains(receives.metrics, "tap_rest.records") || !slices.Contains(receives.metrics, "tap_rest.requests") {
		t.Errorf("metrics are %q", receives.metrics)
	}
	if bytes.Contains(receives.text, []byte("hunter2")) || !bytes.Contains(receives.text, []byte("key=***")) {
		t.Error("a secret was exported, or nothing was hidden")
	}

	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	defer refuses.Close()
	again, stderr := run(refuses.URL)
	if again != code || strings.Count(stderr, "WARN OpenTelemetry: ") != 1 {
		t.Errorf("it ended with %d, want %d: %s", again, code, stderr)
	}
}

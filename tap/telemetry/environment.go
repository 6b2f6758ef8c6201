package telemetry

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// Options are what is exported, and by whom.
type Options struct {
	Name      string // of the span of the run
	Version   string // of the program
	Env       func(name string) string
	Log       func() *slog.Logger
	Hide      func(string) string // takes secrets out of a text
	Transport http.RoundTripper   // nil: the network
}

// wanted is what the environment asks for. A target that is nil is not asked for.
type wanted struct {
	traces, metrics *target
}

// target is where something is exported to.
type target struct {
	url     *url.URL
	header  http.Header
	gzip    bool
	timeout time.Duration
	tls     *tls.Config // nil: as for all
}

// read returns what the environment asks for. Its error says what of that is not possible;
// the rest is.
func read(env func(string) string) (w wanted, err error) {
	if strings.EqualFold(strings.TrimSpace(env("OTEL_SDK_DISABLED")), "true") {
		return w, nil
	}
	var errTraces, errMetrics error
	w.traces, errTraces = readTarget(env, "TRACES", "traces")
	w.metrics, errMetrics = readTarget(env, "METRICS", "metrics")
	return w, cmp.Or(errTraces, errMetrics)
}

// readTarget returns where a signal is exported to; nil: nowhere.
func readTarget(env func(string) string, signal, path string) (*target, error) {
	of := func(name string) string {
		return strings.TrimSpace(cmp.Or(env("OTEL_EXPORTER_OTLP_"+signal+"_"+name), env("OTEL_EXPORTER_OTLP_"+name)))
	}
	exporter := strings.TrimSpace(env("OTEL_" + signal + "_EXPORTER"))
	address := strings.TrimSpace(env("OTEL_EXPORTER_OTLP_" + signal + "_ENDPOINT"))
	if base := strings.TrimSpace(env("OTEL_EXPORTER_OTLP_ENDPOINT")); address == "" && (base != "" || exporter == "otlp") {
		address = strings.TrimSuffix(cmp.Or(base, "http://localhost:4318"), "/") + "/v1/" + path
	}
	switch {
	case exporter == "none" || address == "":
		return nil, nil
	case exporter != "" && exporter != "otlp":
		return nil, fmt.Errorf("OTEL_%s_EXPORTER is %q: otlp and none are what there is", signal, exporter)
	}
	if p := of("PROTOCOL"); p != "" && p != "http/protobuf" {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %q: set it to http/protobuf, and the endpoint to where the collector takes that (port 4318, as a rule)", p)
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT is no URL that begins with http:// or https:// and has a host") // it may hold a password
	}
	t := &target{url: u, gzip: of("COMPRESSION") == "gzip", timeout: 10 * time.Second}
	if ms, err := strconv.Atoi(of("TIMEOUT")); err == nil && ms > 0 {
		t.timeout = time.Duration(ms) * time.Millisecond
	}
	if t.header, err = readHeaders(of("HEADERS")); err != nil {
		return nil, err
	}
	if file := of("CERTIFICATE"); file != "" {
		if t.tls, err = readAuthorities(file); err != nil {
			return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_CERTIFICATE: %w", err)
		}
	}
	return t, nil
}

// readHeaders reads headers as name=value,name=value, where values may be percent-encoded.
func readHeaders(text string) (http.Header, error) {
	h := http.Header{}
	for pair := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, found := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if name = strings.TrimSpace(name); !found || name == "" || err != nil || strings.ContainsAny(name+value, "\r\n\x00") {
			return nil, errors.New("OTEL_EXPORTER_OTLP_HEADERS is not a list of headers: write name=value,name=value, and values percent-encoded where they hold a comma")
		}
		h.Add(name, value)
	}
	return h, nil
}

func readAuthorities(file string) (*tls.Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", file)
	}
	return &tls.Config{RootCAs: pool}, nil
}

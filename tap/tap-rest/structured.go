package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// structuredHandler writes a record as one JSON object with the keys of the
// Singer SDK's structured logs, which Meltano parses: level, ts (seconds since
// 1970), message, stream_name where there is one, pid, and three that are the
// same on each line. Attributes stand beside them, and in the message too:
// Meltano shows people no more than that.
type structuredHandler struct{ slog.Handler }

// newStructured returns a structuredHandler that writes to out.
func newStructured(out io.Writer, level slog.Level) slog.Handler {
	h := slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level, ReplaceAttr: structured})
	return structuredHandler{h.WithAttrs([]slog.Attr{
		slog.String("logger_name", "tap-rest"), slog.String("app_name", "tap-rest"),
		slog.String("thread_name", "main"), slog.Int("pid", os.Getpid()),
	})}
}

// Handle writes one record as one line.
func (h structuredHandler) Handle(ctx context.Context, r slog.Record) error {
	r.Message += recordAttrs(r)
	return h.Handler.Handle(ctx, r)
}

// WithAttrs returns a handler that adds the attributes to each record's object.
func (h structuredHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return structuredHandler{h.Handler.WithAttrs(attrs)}
}

// structured gives an attribute the SDK's name and spelling. The message of a
// METRIC line becomes two attributes: a word, and the measurement.
func structured(_ []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case slog.TimeKey:
		return slog.Float64("ts", float64(a.Value.Time().UnixMicro())/1e6)
	case slog.LevelKey:
		if a.Value.Any() == slog.LevelWarn {
			return slog.String("level", "warning")
		}
		return slog.String("level", strings.ToLower(a.Value.String()))
	case slog.MessageKey:
		if point, found := strings.CutPrefix(a.Value.String(), "METRIC: "); found {
			return slog.Group("", slog.String("message", "METRIC"), slog.Any("metric_info", json.RawMessage(point)))
		}
		return slog.Attr{Key: "message", Value: a.Value}
	case "stream":
		return slog.Attr{Key: "stream_name", Value: a.Value}
	}
	return a
}

// orchestratorLog returns the --log-format and --log-level that an
// orchestrator asks for: Meltano names a file in SINGER_SDK_LOG_CONFIG. Another
// tool reads it too, and says what is wrong with it.
func orchestratorLog() (format, level string) {
	name := os.Getenv("SINGER_SDK_LOG_CONFIG")
	if name == "" {
		return wantedLog(nil)
	}
	data, err := readInput("SINGER_SDK_LOG_CONFIG", name)
	if err != nil {
		return wantedLog(nil)
	}
	return wantedLog(data)
}

// wantedLog reads a Python logging configuration in JSON or YAML. Where it says
// nothing of them, format is text and level info.
func wantedLog(config []byte) (format, level string) {
	format, level = "text", "info"
	var c struct {
		Formatters map[string]struct {
			Class string `yaml:"()"`
		}
		Root struct{ Level string }
	}
	if yaml.Unmarshal(config, &c) != nil {
		return format, level
	}
	for _, f := range c.Formatters {
		if f.Class == "singer_sdk.logging.StructuredFormatter" {
			format = "json"
		}
	}
	switch wanted := strings.ToLower(c.Root.Level); wanted {
	case "debug", "error":
		level = wanted
	case "warning":
		level = "warn"
	case "critical":
		level = "error"
	}
	return format, level
}

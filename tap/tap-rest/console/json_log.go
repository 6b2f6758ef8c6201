package console

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"strings"
)

// jsonHandler writes a line of the log as one JSON object with the keys of the
// Singer SDK's structured logs, which Meltano parses: level, ts (seconds since
// 1970), message, stream_name where there is one, pid, and three that are the
// same on each line. Attributes stand beside them, and in the message too:
// Meltano shows people no more than that.
type jsonHandler struct{ slog.Handler }

// newJSONHandler returns a jsonHandler that writes to out.
func newJSONHandler(out io.Writer, level slog.Level) slog.Handler {
	h := slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level, ReplaceAttr: sdkAttr})
	return jsonHandler{h.WithAttrs([]slog.Attr{
		slog.String("logger_name", "tap-rest"), slog.String("app_name", "tap-rest"),
		slog.String("thread_name", "main"), slog.Int("pid", os.Getpid()),
	})}
}

// Handle writes one line.
func (h jsonHandler) Handle(ctx context.Context, r slog.Record) error {
	r.Message += lineAttrs(r)
	return h.Handler.Handle(ctx, r)
}

// WithAttrs returns a handler that adds the attributes to each line's object.
func (h jsonHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return jsonHandler{h.Handler.WithAttrs(attrs)}
}

// sdkAttr gives an attribute the SDK's name and spelling. The message of a
// METRIC line becomes two attributes: a word, and the measurement.
func sdkAttr(_ []string, a slog.Attr) slog.Attr {
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

package message

import (
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// waitingLog is how many bytes of LOG lines may wait while stdout is blocked:
// some thousand lines.
const waitingLog = 1 << 20

// AirbyteLog holds LOG lines until whoever writes stdout takes them. Whoever
// logs never waits: what is too much is left out and counted. It may be used
// from any goroutine.
type AirbyteLog struct {
	mu      sync.Mutex
	lines   []byte
	leftOut int
}

// Add adds a line. text has no secrets in it.
func (l *AirbyteLog) Add(level slog.Level, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) >= waitingLog {
		l.leftOut++
		return
	}
	l.lines = appendLog(l.lines, level, text)
}

// Control adds a CONTROL line: the config is from now on. It has secrets in it,
// which is what it is for, and is never left out.
func (l *AirbyteLog) Control(at time.Time, config []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, `{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":`...)
	l.lines = append(strconv.AppendInt(l.lines, at.UnixMilli(), 10), `,"connectorConfig":{"config":`...)
	l.lines = append(append(l.lines, config...), "}}}\n"...)
}

// Take appends the lines that wait, and forgets them.
func (l *AirbyteLog) Take(dst []byte) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	dst = append(dst, l.lines...)
	if l.leftOut > 0 {
		dst = appendLog(dst, slog.LevelWarn, fmt.Sprintf("%d lines of the log are left out here: stdout was blocked", l.leftOut))
	}
	l.lines, l.leftOut = l.lines[:0], 0
	return dst
}

func appendLog(dst []byte, level slog.Level, text string) []byte {
	dst = append(append(append(dst, `{"type":"LOG","log":{"level":"`...), logLevel(level)...), `","message":`...)
	return append(append(dst, raw.Quote(text)...), "}}\n"...)
}

// logLevel is Airbyte's word for a level.
func logLevel(level slog.Level) string {
	switch {
	case level >= slog.LevelError:
		return "ERROR"
	case level >= slog.LevelWarn:
		return "WARN"
	case level >= slog.LevelInfo:
		return "INFO"
	}
	return "DEBUG"
}

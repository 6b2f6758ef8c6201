package console

import (
	"slices"
	"testing"
)

// FuzzWantedLog: whatever stands in the file, the flags that follow from it are
// ones that the command line has.
func FuzzWantedLog(f *testing.F) {
	f.Add([]byte(`{"formatters": {"f": {"()": "singer_sdk.logging.StructuredFormatter"}}, "root": {"level": "WARNING"}}`))
	f.Add([]byte("formatters: {plain: {format: x}}\nroot: {level: CRITICAL}\n"))
	f.Add([]byte("root: {level: 10}\n---\n&a [*a]"))
	f.Fuzz(func(t *testing.T, config []byte) {
		format, level := WantedLog(config)
		if !slices.Contains([]string{"text", "json"}, format) {
			t.Errorf("--log-format=%q", format)
		}
		if !slices.Contains([]string{"debug", "info", "warn", "error"}, level) {
			t.Errorf("--log-level=%q", level)
		}
	})
}

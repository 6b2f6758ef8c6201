package times_test

import (
	"testing"

	"github.com/tap-rest/tap-rest/sources/times"
)

func FuzzTimes(f *testing.F) {
	for _, text := range []string{"2024-03-05T01:02:03.123456789+01:00", "2024-02-30", "P1DT2H", "1d12h", "-1.5h", "%Y-%m-%d", "%s%ms%_ms%z"} {
		f.Add(text, "%Y-%m-%dT%H:%M:%S%z")
		f.Add("2024-03-05", text)
	}
	f.Fuzz(func(t *testing.T, text, layout string) {
		times.ParseDuration(text)
		if at, err := times.Parse(text); err == nil {
			times.Strftime(at, layout)
		}
		if at, err := times.Strptime(layout, text); err == nil {
			times.Strftime(at, layout)
		}
	})
}

package times_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/times"
)

// FuzzTimes reads strangers' times, durations and layouts: what is read and
// written again is the same.
func FuzzTimes(f *testing.F) {
	for _, text := range []string{"2024-03-05T01:02:03.123456789+01:00", "2024-02-30", "P1DT2H", "1d12h", "-1.5h", "%Y-%m-%d", "%s%ms%_ms%z"} {
		f.Add(text, "%Y-%m-%dT%H:%M:%S%z")
		f.Add("2024-03-05", text)
	}
	f.Fuzz(func(t *testing.T, text, layout string) {
		if d, err := times.ParseDuration(text); err == nil {
			if again, err := times.ParseDuration(d.String()); err != nil || again != d {
				t.Errorf("the duration %q is %v, which is read as %v, error %v", text, d, again, err)
			}
		}
		if at, err := times.Parse(text); err == nil {
			written := at.UTC().Format(time.RFC3339Nano)
			if again, err := times.Parse(written); err != nil || !again.Equal(at) {
				t.Errorf("%q is %s, which is read as %v, error %v", text, written, again, err)
			}
		}
		at, err := times.Strptime(layout, text)
		if err != nil {
			return
		}
		written, err := times.Strftime(at, layout)
		if err != nil {
			t.Fatalf("%q is read by the layout %q, and %v cannot be written by it: %v", text, layout, at, err)
		}
		if again, err := times.Strptime(layout, written); err == nil && !strings.Contains(layout, "%-") {
			if twice, _ := times.Strftime(again, layout); twice != written {
				t.Errorf("%q by the layout %q is %v, written as %q, which is read as %v", text, layout, at, written, again)
			}
		}
	})
}

// FuzzLike writes times as strangers' samples are written: what can be read
// again, and is never later.
func FuzzLike(f *testing.F) {
	for _, sample := range []string{"2024-03-05T01:02:03.123456789+01:00", "2024-03-05 01:02", "2024-03-05", "20240305", "20240305010203", "1709600523", "1709600523123456",
		"1e9", "-1.5", "Tue, 05 Mar 2024 01:02:03 GMT", "Tue Mar  5 01:02:03 2024", "2024-03-05T01:02:03 UTC", "0001-01-01000:00:00,0", "x\"\\", ""} {
		f.Add(sample, int64(1709600523123456789))
		f.Add(sample, int64(1729990800000000001)) // of the hour that Berlin's clocks show twice
	}
	berlin, err := times.Zone("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, sample string, nanos int64) {
		at := time.Unix(0, nanos).UTC()
		if at.Year() < 1973 || !utf8.ValidString(sample) {
			return
		}
		raw, err := json.Marshal(sample)
		if err != nil {
			t.Fatal(err)
		}
		for _, zone := range []*time.Location{nil, berlin} {
			r := times.Reader{Zone: zone}
			for _, raw := range [][]byte{raw, []byte(sample)} {
				like := r.Like(at, raw)
				got, err := r.ReadJSON(like)
				if !json.Valid(like) || err != nil || got.At.After(at) || at.Sub(got.At) > 26*time.Hour {
					t.Errorf("%v like %s is %s, which is read as %v, error %v", at, raw, like, got.At, err)
				}
			}
		}
	})
}

package state_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
)

// mixed stands for a comparison that is an error.
const mixed = 9

// german reads times like 31.12.2024, and digits others.
var (
	berlin, _ = times.Zone("Europe/Berlin")
	german    = state.Order{Times: times.Reader{Layout: "%d.%m.%Y"}}
	compact   = state.Order{Times: times.Reader{Layout: "%Y%m%d"}}
	numbers   = state.Order{Numbers: true}
)

func TestCompare(t *testing.T) {
	for _, tt := range []struct {
		name, a, b string
		order      state.Order
		want       int
	}{
		{"equal times", `"2025-01-01T00:00:00Z"`, `"2025-01-01T00:00:00Z"`, state.Order{}, 0},
		{"times", `"2025-01-01T00:00:00Z"`, `"2025-01-01T00:00:01Z"`, state.Order{}, -1},
		{"times of one form", `"2025-01-01T00:00:00.123Z"`, `"2025-01-01T00:00:00.122Z"`, state.Order{}, 1},
		{"zones", `"2025-01-01T00:30:00+02:00"`, `"2024-12-31T23:00:00Z"`, state.Order{}, -1},
		{"equal in other zones", `"2025-01-01T02:00:00+02:00"`, `"2025-01-01T00:00:00Z"`, state.Order{}, 0},
		{"zone without a colon", `"2025-01-01T02:00:00+0200"`, `"2025-01-01T00:00:00Z"`, state.Order{}, 0},
		{"zone of hours", `"2025-01-01 02:00:00.000+02"`, `"2025-01-01T00:00:00Z"`, state.Order{}, 0},
		{"UTC in letters", `"2025-01-01 00:00:01 UTC"`, `"2025-01-01T00:00:00Z"`, state.Order{}, 1},
		{"as HTTP has it", `"Wed, 01 Jan 2025 00:00:00 GMT"`, `"2025-01-01T00:00:01Z"`, state.Order{}, -1},
		{"no zone is UTC", `"2025-01-01 00:00:01"`, `"2025-01-01T00:00:00Z"`, state.Order{}, 1},
		{"dates", `"2025-01-02"`, `"2025-01-01"`, state.Order{}, 1},
		{"date and a time of it", `"2025-01-01"`, `"2025-01-01T23:59:59Z"`, state.Order{}, 0},
		{"date and a time of the next", `"2025-01-01"`, `"2025-01-02T00:00:00Z"`, state.Order{}, -1},
		{"date and a time of it elsewhere", `"2025-01-01"`, `"2025-01-02T00:30:00+01:00"`, state.Order{}, 0},
		{"seconds and their fraction", `"2025-01-01T00:00:00Z"`, `"2025-01-01T00:00:00.999Z"`, state.Order{}, 0},
		{"milliseconds and microseconds", `"2025-01-01T00:00:00.123Z"`, `"2025-01-01T00:00:00.123999Z"`, state.Order{}, 0},
		{"fractions", `"2025-01-01T00:00:00.2Z"`, `"2025-01-01T00:00:00.10Z"`, state.Order{}, 1},
		{"before 1970, to the date", `"1969-12-31"`, `"1969-12-31T12:00:00Z"`, state.Order{}, 0},

		{"whole numbers", `9`, `10`, state.Order{}, -1},
		{"whole numbers beyond a float", `9007199254740993`, `9007199254740992`, state.Order{}, 1},
		{"numbers beyond an int", `123456789012345678901234567891`, `123456789012345678901234567890`, state.Order{}, 1},
		{"negative numbers", `-10`, `-9`, state.Order{}, -1},
		{"negative and positive", `-1`, `0`, state.Order{}, -1},
		{"minus zero", `-0`, `0`, state.Order{}, 0},
		{"whole and decimal", `1`, `1.0`, state.Order{}, 0},
		{"decimals", `1.1`, `1.09`, state.Order{}, 1},
		{"decimals beyond a float", `12345678901234567890.10`, `12345678901234567890.1`, state.Order{}, 0},
		{"exponents", `1e3`, `1000`, state.Order{}, 0},
		{"exponents that differ", `1e3`, `1e-3`, state.Order{}, 1},
		{"exponent beyond reason", `1e999999999`, `1`, state.Order{}, mixed},
		{"digits beyond reason", strings.Repeat("1", 401), `1.5`, state.Order{}, mixed},

		{"text", `"abc"`, `"abd"`, state.Order{}, -1},
		{"digits in text are numbers", `"9"`, `"10"`, state.Order{}, -1},
		{"escapes in text", `"\u0061"`, `"a"`, state.Order{}, 0},
		{"time and number", `"2025-01-01"`, `1735689600`, state.Order{}, mixed},
		{"a number and one in text", `"17"`, `17`, state.Order{}, 0},
		{"text and time", `"abc"`, `"2025-01-01"`, state.Order{}, mixed},
		{"null", `null`, `1`, state.Order{}, mixed},
		{"true", `true`, `true1`, state.Order{}, mixed},
		{"an object", `{}`, `1`, state.Order{}, mixed},
		{"nothing", ``, `1`, state.Order{}, mixed},
		{"torn text", `"a`, `"b"`, state.Order{}, mixed},

		{"record_format", `"01.12.2024"`, `"02.01.2024"`, german, 1},
		{"record_format and RFC 3339", `"01.12.2024"`, `"2024-12-01T15:00:00Z"`, german, 0},
		{"record_format of a number", `20241201`, `20240102`, compact, 1},
		{"record_format of a number and of text", `20241201`, `"20241201"`, compact, 0},

		{"seconds and milliseconds", `1674208801`, `1674208800999`, state.Order{}, 1},
		{"milliseconds and microseconds in numbers", `1674208800001`, `1674208800000999`, state.Order{}, 1},
		{"microseconds and nanoseconds", `"1674208800000001"`, `1674208800000002000`, state.Order{}, -1},
		{"digits of a date and seconds", `20230120`, `1674208800`, state.Order{}, 0},
		{"digits of a date and those of an id", `20230120`, `20230199`, state.Order{}, -1},
		{"numbers in text", `"99"`, `"100"`, numbers, -1},
		{"numbers in text and numbers", `"99"`, `100`, numbers, -1},
		{"numbers of any size", `1674208801`, `1674208800999`, numbers, -1},
		{"numbers with fractions in text", `"9.5"`, `"10.25"`, numbers, -1},
		{"numbers and a date in digits", `20230120`, `1674208800`, numbers, -1},
		{"numbers and text", `"99"`, `"x"`, numbers, mixed},
		{"a time where numbers are", `"2025-01-01"`, `1`, numbers, mixed},
		{"an abbreviation", `"2023-01-20 10:00:00 PST"`, `"2023-01-20 10:00:00 UTC"`, state.Order{}, mixed},
		{"a date and a time of it in its zone", `"2025-01-01"`, `"2024-12-31T23:30:00Z"`, state.Order{Times: times.Reader{Zone: berlin}}, 0},
		{"without a zone and with one", `"2025-01-01 01:00:00"`, `"2025-01-01T00:00:00Z"`, state.Order{Times: times.Reader{Zone: berlin}}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			compare(t, tt.order, tt.a, tt.b, tt.want)
			if tt.want == mixed {
				compare(t, tt.order, tt.b, tt.a, mixed)
			} else {
				compare(t, tt.order, tt.b, tt.a, -tt.want)
			}
		})
	}
}

func compare(t *testing.T, o state.Order, a, b string, want int) {
	t.Helper()
	got, err := o.Compare([]byte(a), []byte(b))
	switch {
	case want == mixed:
		if err == nil {
			t.Errorf("Compare(%s, %s) = %d, want an error", a, b, got)
		}
	case err != nil:
		t.Errorf("Compare(%s, %s): %v", a, b, err)
	case got != want:
		t.Errorf("Compare(%s, %s) = %d, want %d", a, b, got, want)
	}
}

func TestInstant(t *testing.T) {
	for _, tt := range []struct {
		raw  string
		want string // "" for none
	}{
		{`"2025-01-01T02:00:00+02:00"`, "2025-01-01T00:00:00Z"},
		{`"2025-01-01 02:00:00"`, "2025-01-01T02:00:00Z"},
		{`"2025-01-01"`, "2025-01-01T00:00:00Z"},
		{`"2025-02-30"`, ""},
		{`"20250101"`, "2025-01-01T00:00:00Z"},
		{`20250101`, "2025-01-01T00:00:00Z"},
		{`null`, ""},
		{``, ""},
	} {
		got, ok := state.Order{}.Instant([]byte(tt.raw))
		if ok != (tt.want != "") || ok && got.UTC().Format(time.RFC3339) != tt.want {
			t.Errorf("Instant(%s) = %v, %t, want %s", tt.raw, got, ok, tt.want)
		}
	}
}

func TestHigh(t *testing.T) {
	for _, tt := range []struct {
		name   string
		start  string
		values []string
		lower  []bool
		want   string // "" for none
	}{
		{"nothing", "", nil, nil, ""},
		{"null and absent", "", []string{"null", ""}, []bool{false, false}, ""},
		{"null to start with", "null", nil, nil, ""},
		{"rising", "", []string{"1", "2", "2", "10"}, []bool{false, false, false, false}, "10"},
		{"falling", "", []string{"10", "9", "null", "11"}, []bool{false, true, false, false}, "11"},
		{"never below the start", "7", []string{"3", "5"}, []bool{true, true}, "7"},
		{"bytes of the record", "", []string{`"2025-01-01T02:00:00+02:00"`, `"2025-01-01T00:00:00Z"`}, []bool{false, false}, `"2025-01-01T02:00:00+02:00"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := state.NewHigh(state.Order{}, []byte(tt.start))
			for i, v := range tt.values {
				lower, err := h.Observe([]byte(v))
				if err != nil || lower != tt.lower[i] {
					t.Errorf("Observe(%s) = %t, %v, want %t", v, lower, err, tt.lower[i])
				}
			}
			if got := string(h.Value()); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestHighRefuses(t *testing.T) {
	for _, values := range [][]string{{"true"}, {"{}"}, {"1", `"2025-01-01"`}, {`"2025-01-01"`, "x"}} {
		h := state.NewHigh(state.Order{}, nil)
		var err error
		for _, v := range values {
			_, err = h.Observe([]byte(v))
		}
		if err == nil {
			t.Errorf("%q: got no error", values)
		}
	}
}

// TestHighCopies checks that neither side sees what the other does to its
// bytes.
func TestHighCopies(t *testing.T) {
	start, record := []byte("1"), []byte("5")
	h := state.NewHigh(state.Order{}, start)
	start[0] = '9'
	if _, err := h.Observe(record); err != nil {
		t.Fatal(err)
	}
	record[0] = '7'
	h.Value()[0] = '8'
	if got := string(h.Value()); got != "5" {
		t.Errorf("got %s, want 5", got)
	}
}

func TestObserveAllocs(t *testing.T) {
	for _, values := range [][2]string{
		{`"2025-01-01T00:00:00Z"`, `"2025-01-01T00:00:01Z"`},
		{`9007199254740993`, `9007199254740994`},
		{`"2025-01-01 00:00:00"`, `"2025-01-01 00:00:01.5+02:00"`},
		{`"99"`, `"100"`},
		{`1674208800`, `1674208801000`},
	} {
		h := state.NewHigh(state.Order{}, []byte(values[1]))
		a, b, other := []byte(values[0]), []byte(values[1]), []byte(`"2025-01-01T00:00:00Z"`)
		n := testing.AllocsPerRun(100, func() {
			h.Observe(a)
			h.Observe(b)
			h.Order.CompareTimes(a, other)
		})
		if n > 0 {
			t.Errorf("%s: %v allocations, want none", values, n)
		}
	}
}

func TestErrorText(t *testing.T) {
	_, err := state.ParseSinger("s.json", []byte(`{"bookmarks":{"orders":[]}}`))
	var e *state.Error
	if !errors.As(err, &e) || e.File != "s.json" || e.Place != "bookmarks.orders" || e.Msg == "" {
		t.Errorf("got %#v", err)
	}
}

// TestMixedSaysWhy checks that the error says why a value is no time.
func TestMixedSaysWhy(t *testing.T) {
	_, err := state.Order{}.Compare([]byte(`"2023-01-20T10:00:00Z"`), []byte(`"Fri, 20 Jan 2023 10:00:00 JST"`))
	if err == nil || !strings.Contains(err.Error(), "JST is an abbreviation") {
		t.Errorf("got %v", err)
	}
}

//go:build !small

package parquet

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"testing"
	"time"
)

func TestLZ4OfHadoop(t *testing.T) {
	literal := func(s string) []byte { return append([]byte{byte(len(s)) << 4}, s...) }
	block := func(unpacked int, b []byte) []byte {
		return append([]byte{0, 0, 0, byte(unpacked), 0, 0, 0, byte(len(b))}, b...)
	}
	repeats := []byte{0x28, 'a', 'b', 2, 0, 0x10, 'c'} // ab, 12 bytes of the 2 before, c
	for name, test := range map[string]struct {
		packed []byte
		want   string
	}{
		"two blocks":     {append(block(3, literal("abc")), block(15, repeats)...), "abcabababababababc"},
		"without sizes":  {repeats, "ababababababababc"[2:]},
		"too long":       {append(block(3, literal("abc")), 0), ""},
		"unpacked lies":  {block(4, literal("abc")), ""},
		"packed lies":    {block(3, literal("abc"))[:10], ""},
		"before it":      {block(9, []byte{0x11, 'a', 2, 0}), ""},
		"an endless run": {block(9, []byte{0xf0, 255, 255, 255}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			dst := make([]byte, max(len(test.want), 9))
			if test.want != "" {
				dst = dst[:len(test.want)]
			}
			err := new(unpacker).unpack(dst, test.packed, codecLZ4)
			if (err == nil) != (test.want != "") || err == nil && string(dst) != test.want {
				t.Errorf("got %q and %v, want %q", dst, err, test.want)
			}
		})
	}
}

func TestDecimals(t *testing.T) {
	r := new(records)
	for _, test := range []struct {
		unscaled string
		scale    int
		want     string
	}{
		{"0", 0, "0"},
		{"0", 3, "0.000"},
		{"-5", 1, "-0.5"},
		{"12345", 2, "123.45"},
		{"-12345", 9, "-0.000012345"},
		{"170141183460469231731687303715884105727", 0, "170141183460469231731687303715884105727"},
		{"-170141183460469231731687303715884105728", 38, "-1.70141183460469231731687303715884105728"},
		{"10000000000000000000", 0, "10000000000000000000"},
		{"-115792089237316195423570985008687907853269984665640564039457", 3, "-115792089237316195423570985008687907853269984665640564039.457"},
	} {
		n, _ := new(big.Int).SetString(test.unscaled, 10)
		for _, size := range []int{16, 17, 40} {
			if n.BitLen() >= size*8 && n.String() != "-170141183460469231731687303715884105728" {
				continue
			}
			b := new(big.Int).And(n, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(size)*8), big.NewInt(1))).FillBytes(make([]byte, size))
			got, err := r.appendDecimal(nil, &leaf{physical: physicalFixed, width: size, scale: test.scale}, value{bytes: b})
			if err != nil || string(got) != test.want {
				t.Errorf("%s in %d bytes: got %s and %v, want %s", test.unscaled, size, got, err, test.want)
			}
		}
	}
	got, _ := r.appendDecimal(nil, &leaf{physical: physicalInt64, scale: 2}, value{bits: 1 << 63})
	if want := "-92233720368547758.08"; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestDates compares all days of some eras with package time.
func TestDates(t *testing.T) {
	epoch := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	for days := int64(-719528); days < 2932897; days += 17 {
		if got, want := string(appendDate(nil, days)), epoch.AddDate(0, 0, int(days)).Format(time.DateOnly); got != want {
			t.Fatalf("day %d: got %s, want %s", days, got, want)
		}
	}
	for days, want := range map[int64]string{2932897: "+10000-01-01", -719529: "-0001-12-31", math.MaxInt32: "+5881580-07-11"} {
		if got := string(appendDate(nil, days)); got != want {
			t.Errorf("day %d: got %s, want %s", days, got, want)
		}
	}
}

func TestTimes(t *testing.T) {
	bytes96 := []byte{1, 0, 0, 0, 0, 0, 0, 0, 0x8b, 0x3d, 0x25, 0} // a nanosecond of 1969-12-31
	for _, test := range []struct {
		leaf leaf
		v    value
		want string
	}{
		{leaf{kind: kindInstant, unit: units[3]}, value{bits: 1 << 63}, `"1677-09-21T00:12:43.145224192Z"`},
		{leaf{kind: kindLocal, unit: units[1]}, value{bits: ^uint64(0)}, `"1969-12-31T23:59:59.999"`},
		{leaf{kind: kindLocal, unit: units[2]}, value{bits: math.MaxInt64}, `"+294247-01-10T04:00:54.775807"`},
		{leaf{kind: kindTime, physical: physicalInt64, unit: units[2]}, value{bits: day * 1e6}, `"24:00:00.000000"`},
		{leaf{kind: kindInt96}, value{bytes: bytes96}, `"1969-12-31T00:00:00.000000001"`},
		{leaf{kind: kindTime, physical: physicalInt32, unit: units[1]}, value{bits: math.MaxUint32}, ""},
	} {
		got, err := appendTime(nil, &test.leaf, test.v)
		if (err == nil) != (test.want != "") || err == nil && string(got) != test.want {
			t.Errorf("got %s and %v, want %s", got, err, test.want)
		}
	}
}

func TestIntervals(t *testing.T) {
	for want, b := range map[string][]byte{
		`"PT0S"`:           make([]byte, 12),
		`"P1M2DT3.004S"`:   {1, 0, 0, 0, 2, 0, 0, 0, 0xbc, 0x0b, 0, 0},
		`"P4294967295M"`:   append(bytes.Repeat([]byte{255}, 4), make([]byte, 8)...),
		`"PT4294967.295S"`: append(make([]byte, 8), bytes.Repeat([]byte{255}, 4)...),
	} {
		if got := string(appendInterval(nil, b)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestFloat16 proves of all of them that the number reads back, and that no shorter one
// does.
func TestFloat16(t *testing.T) {
	for h := range uint16(0x7c00) {
		var f, g float64
		got := string(appendFloat16(nil, h))
		if _, err := fmt.Sscan(got, &g); err != nil {
			t.Fatal(err)
		}
		if f = float16(h); nearestFloat16(g) != f {
			t.Fatalf("%#x: got %s, which is %v, want %v", h, got, nearestFloat16(g), f)
		}
	}
	for h, want := range map[uint16]string{0x2e66: "0.1", 0x7bff: "65500", 1: "6e-8", 0x8000: "-0", 0x7c00: "null", 0xfc00: "null", 0x7e00: "null", 0xc100: "-2.5"} {
		if got := string(appendFloat16(nil, h)); got != want {
			t.Errorf("%#x: got %s, want %s", h, got, want)
		}
	}
}

package expr_test

import (
	"math"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
)

func TestJSON(t *testing.T) {
	for _, c := range []struct {
		raw  string
		kind expr.Kind
		text string
		json string
	}{
		{` {"a": [1, "x", null, true], "b": {}} `, expr.KindDict, "{'a': [1, 'x', None, true], 'b': {}}", `{"a": [1, "x", null, true], "b": {}}`},
		{`[]`, expr.KindList, "[]", "[]"},
		{`"a\n\u00e9\ud83d\ude00"`, expr.KindString, "a\né😀", `"a\n\u00e9\ud83d\ude00"`},
		{`12345678901234567890.10`, expr.KindNumber, "12345678901234567890.10", "12345678901234567890.10"},
		{`-1.5E+3`, expr.KindNumber, "-1.5E+3", "-1.5E+3"},
		{`true`, expr.KindBool, "true", "true"},
		{`null`, expr.KindNull, "None", "null"},
		{``, expr.KindUndefined, "", "null"},
		{`nul`, expr.KindUndefined, "", "null"},
		{`01`, expr.KindUndefined, "", "null"},
		{`1.`, expr.KindUndefined, "", "null"},
		{`"a`, expr.KindUndefined, "", "null"},
		{`"a" "b"`, expr.KindUndefined, "", "null"},
		{`{`, expr.KindUndefined, "", "null"},
		{`[}`, expr.KindUndefined, "", "null"},
	} {
		v := expr.JSON(c.raw)
		if v.Kind() != c.kind || v.Text() != c.text || string(v.AppendJSON(nil)) != c.json {
			t.Errorf("%s: got %s %q %s, want %s %q %s", c.raw, v.Kind(), v.Text(), v.AppendJSON(nil), c.kind, c.text, c.json)
		}
	}
}

func TestMembers(t *testing.T) {
	for name, v := range map[string]expr.Value{
		"raw":  expr.JSON(`{"a": 0, "list": [1, 2, [3]], "\u0062": "x", "a": 5}`),
		"made": expr.Dict([]string{"a", "list", "b", "a"}, []expr.Value{expr.Int(0), expr.List([]expr.Value{expr.Int(1), expr.Int(2), expr.List(nil)}), expr.String("x"), expr.Int(5)}),
	} {
		t.Run(name, func(t *testing.T) {
			if got := v.Get("a").Text(); got != "5" {
				t.Errorf("of a key that occurs twice: got %s, want the last", got)
			}
			if got := v.Get("b").Text(); got != "x" {
				t.Errorf("escaped key: got %q, want x", got)
			}
			if got := v.Get("list").Index(-2).Text(); got != "2" {
				t.Errorf("index -2: got %q, want 2", got)
			}
			for _, absent := range []expr.Value{v.Get("c"), v.Index(0), v.Get("list").Index(3), v.Get("list").Index(-4), v.Get("a").Get("b")} {
				if absent.Kind() != expr.KindUndefined {
					t.Errorf("got %s, want undefined", absent.Kind())
				}
			}
			if got := v.Get("list").Len(); got != 3 {
				t.Errorf("length: got %d, want 3", got)
			}
			keys := ""
			v.Each(func(key string, _ expr.Value) bool {
				keys += key + " "
				return key != "b"
			})
			if keys != "a list b " {
				t.Errorf("keys: got %q", keys)
			}
		})
	}
}

func TestTruth(t *testing.T) {
	for _, v := range []expr.Value{
		expr.Undefined(), expr.Null(), expr.Bool(false), expr.Int(0), expr.Float(0), expr.JSON("0.0"), expr.JSON("-0"), expr.String(""),
		expr.JSON("[ ]"), expr.JSON("{}"), expr.List(nil), expr.Dict(nil, nil), expr.Duration(0), expr.JSON(`""`),
	} {
		if v.Truth() {
			t.Errorf("%s %q is true", v.Kind(), v.Text())
		}
	}
	for _, v := range []expr.Value{
		expr.Bool(true), expr.Int(-1), expr.JSON("1e-400") /* 0 to a float */, expr.String("false"), expr.JSON("[0]"), expr.JSON(`{"a":0}`),
		expr.List([]expr.Value{expr.Null()}), expr.Time(time.Time{}), expr.Duration(1), expr.JSON(`"\u0000"`), expr.Float(math.NaN()),
	} {
		if !v.Truth() && v.Text() != "1e-400" {
			t.Errorf("%s %q is false", v.Kind(), v.Text())
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		v     expr.Value
		i     int64
		iok   bool
		f     float64
		fok   bool
		label string
	}{
		{expr.Int(7), 7, true, 7, true, "int"},
		{expr.JSON("9007199254740993"), 9007199254740993, true, 9007199254740992, true, "beyond a float's precision"},
		{expr.JSON("7.0"), 7, true, 7, true, "whole"},
		{expr.JSON("7.5"), 0, false, 7.5, true, "fraction"},
		{expr.JSON("1e3"), 1000, true, 1000, true, "exponent"},
		{expr.JSON("92233720368547758070"), 0, false, 92233720368547758070, true, "beyond 64 bits"},
		{expr.JSON("1e400"), 0, false, math.Inf(1), true, "beyond a float"},
		{expr.String(" 0042 "), 42, true, 42, true, "text"},
		{expr.String("0x10"), 0, false, 0, false, "hexadecimal text"},
		{expr.String("+-5"), 0, false, 0, false, "two signs"},
		{expr.String(""), 0, false, 0, false, "empty text"},
		{expr.Bool(true), 0, false, 0, false, "boolean"},
		{expr.Null(), 0, false, 0, false, "null"},
	} {
		i, iok := c.v.Int64()
		f, fok := c.v.Float64()
		if i != c.i || iok != c.iok || f != c.f || fok != c.fok {
			t.Errorf("%s: got %d %v, %v %v, want %d %v, %v %v", c.label, i, iok, f, fok, c.i, c.iok, c.f, c.fok)
		}
	}
}

func TestEqual(t *testing.T) {
	at := time.Date(2024, 3, 5, 1, 2, 3, 4, time.UTC)
	for _, c := range []struct {
		a, b expr.Value
		want bool
	}{
		{expr.JSON("1"), expr.Float(1), true},
		{expr.JSON("1.0"), expr.JSON("1e0"), true},
		{expr.JSON("9007199254740993"), expr.JSON("9007199254740992.0"), false},
		{expr.JSON("12345678901234567890123"), expr.JSON("12345678901234567890124"), false},
		{expr.JSON("-12345678901234567890123"), expr.JSON("-12345678901234567890123"), true},
		{expr.JSON(`"\u0061"`), expr.String("a"), true},
		{expr.String("1"), expr.Int(1), false},
		{expr.Null(), expr.Undefined(), false},
		{expr.Time(at), expr.Time(at.In(time.FixedZone("", 3600))), true},
		{expr.Time(at), expr.Time(at.Add(1)), false},
		{expr.JSON(`{"a":1,"b":[1,2]}`), expr.JSON(`{"b":[1.0,2],"a":1}`), true},
		{expr.JSON(`{"a":1}`), expr.JSON(`{"b":1}`), false},
		{expr.JSON(`[1,2]`), expr.List([]expr.Value{expr.Int(1), expr.Int(2)}), true},
		{expr.JSON(`[1]`), expr.JSON(`[1,2]`), false},
		{expr.Float(math.NaN()), expr.Float(math.NaN()), false},
		{expr.Duration(time.Hour), expr.Duration(time.Hour), true},
	} {
		if got := expr.Equal(c.a, c.b); got != c.want {
			t.Errorf("%s == %s: got %v, want %v", c.a.AppendJSON(nil), c.b.AppendJSON(nil), got, c.want)
		}
		if got := expr.Equal(c.b, c.a); got != c.want {
			t.Errorf("%s == %s: got %v, want %v", c.b.AppendJSON(nil), c.a.AppendJSON(nil), got, c.want)
		}
	}
}

func TestAppendJSONOfStrings(t *testing.T) {
	for s, want := range map[string]string{
		"a\"\\\n\x01\x7f<é\u2028": `"a\"\\\n\u0001` + "\x7f<é\u2028\"",
		"bad \xff utf8":           "\"bad \uFFFD utf8\"",
	} {
		if got := string(expr.String(s).AppendJSON(nil)); got != want {
			t.Errorf("%q: got %s, want %s", s, got, want)
		}
	}
	for _, f := range []float64{math.NaN(), math.Inf(1)} {
		if got := string(expr.Float(f).AppendJSON(nil)); got != "null" {
			t.Errorf("%v: got %s, want null", f, got)
		}
	}
}

func TestInstant(t *testing.T) {
	want := time.Date(2024, 3, 5, 1, 2, 3, 0, time.UTC)
	for _, v := range []expr.Value{expr.Time(want), expr.String("2024-03-05 02:02:03+01:00"), expr.JSON(`"2024-03-05T01:02:03"`)} {
		if got, ok := v.Instant(); !ok || !got.Equal(want) {
			t.Errorf("%s: got %v %v, want %v", v.AppendJSON(nil), got, ok, want)
		}
	}
	if _, ok := expr.Int(1709600523).Instant(); ok {
		t.Error("a number is not an instant: its unit is not known")
	}
	if d, ok := expr.String("1d").Duration(); !ok || d != 24*time.Hour {
		t.Errorf("duration: got %v %v, want 24h", d, ok)
	}
}

package schema_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// valid is what Prove is held against.
func valid(body []byte) bool {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	return json.Valid(body) && utf8.Valid(body)
}

// scannedText has every kind of token, white space and character.
const scannedText = "\t{ \"a\" : [1, -0.5e+10,0,10E2 , true,false,null,\"\",\"\\u00e9\\n\\\"\\\\\\/ \\ud800 é€😀 plain text of some length\"],\r\n" +
	`  "nested":{"deep":[[],{},[{"x":[]}]]}, "last" : "z" } ` + "\n"

// FuzzProve holds the proof against encoding/json and utf8.
func FuzzProve(f *testing.F) {
	for _, seed := range []string{scannedText, "\xef\xbb\xbf[]", `{"a":{"x":1},"a":[{}]}`, `"\ud800\udc00"`, `[1e9,-0.0]`, "\"\xed\xa0\x80\""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if err := scan.Prove(body); (err == nil) != valid(body) {
			t.Fatalf("Prove says %v, json.Valid and utf8.Valid differ", err)
		}
	})
}

func TestProve(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	mixed := func(n int) string { return strings.Repeat(`[{"a":`, n/2) + "1" + strings.Repeat("}]", n/2) }
	for _, test := range []struct {
		name, body string
		kind       scan.BodyErrorKind // 0: proven
		message    string             // a part of it
	}{
		{"object", `{"a":1}`, 0, ""},
		{"array", ` [1,2] `, 0, ""},
		{"scalar", `"text"`, 0, ""},
		{"every token", scannedText, 0, ""},
		{"byte order mark", "\xef\xbb\xbf[1]", 0, ""},
		{"lone surrogate escape", `"\ud800"`, 0, ""},
		{"deepest", nested(scan.MaxDepth), 0, ""},
		{"deepest mixed", mixed(scan.MaxDepth), 0, ""},
		{"DEL in a string", "\"\x7f\"", 0, ""},
		{"replacement character", `"�"`, 0, ""},
		{"long number", "123456789012345678901234567890.123456789e-4000", 0, ""},

		{"empty", "", scan.NotJSON, "not JSON: empty body"},
		{"white space", " \n\t", scan.NotJSON, "not JSON: empty body"},
		{"only a mark", "\xef\xbb\xbf", scan.NotJSON, "not JSON: empty body"},
		{"two marks", "\xef\xbb\xbf\xef\xbb\xbf[]", scan.NotJSON, "expected a value at byte 3, found 0xef"},
		{"HTML", "<html><body>502 Bad Gateway</body></html>", scan.NotJSON,
			"not JSON: byte 0 is '<' (looks like HTML), near `<html><body>502 Bad Gateway</body></html`"},
		{"XML", "  <?xml version='1.0'?><error/>", scan.NotJSON, "byte 2 is '<' (looks like XML)"},
		{"gzip", "\x1f\x8b\x08\x00", scan.NotJSON, "looks like gzip"},
		{"UTF-16", "\xff\xfe{\x00", scan.NotJSON, "looks like UTF-16"},
		{"guard", ")]}'\n[]", scan.NotJSON, "looks like JSON behind a guard"},
		{"text", "Not Found", scan.NotJSON, "not JSON: expected a value at byte 0, found 'N', near `Not Found`"},
		{"trailing", `{"a":1} x`, scan.NotJSON, "expected the end, after the value at byte 8, found 'x'"},
		{"two values", "{}\n{}", scan.NotJSON, "expected the end"},
		{"NaN", `[NaN]`, scan.NotJSON, "expected a value at byte 1, found 'N'"},
		{"Infinity", `{"a":-Infinity}`, scan.NotJSON, "expected a digit of a number at byte 6, found 'I'"},
		{"single quotes", `{'a':1}`, scan.NotJSON, "expected a key in double quotes at byte 1, found '''"},
		{"comma after the last element", `[1,]`, scan.NotJSON, "expected a value at byte 3, found ']'"},
		{"comma after the last member", `{"a":1,}`, scan.NotJSON, "expected a key in double quotes at byte 7, found '}'"},
		{"comma first", `[,1]`, scan.NotJSON, "expected a value at byte 1, found ','"},
		{"no comma", `[1 2]`, scan.NotJSON, "expected ',' or ']' in an array at byte 3, found '2'"},
		{"no colon", `{"a" 1}`, scan.NotJSON, "expected ':' after a key at byte 5, found '1'"},
		{"no value", `{"a":}`, scan.NotJSON, "expected a value at byte 5"},
		{"crossed brackets", `[{"a":1]`, scan.NotJSON, "expected ',' or '}' in an object at byte 7, found ']'"},
		{"comment", `[1 /* one */]`, scan.NotJSON, "found '/'"},
		{"control character", "[\"a\x01\"]", scan.NotJSON, "control character 0x01 in a string at byte 3"},
		{"newline in a string", "\"a\nb\"", scan.NotJSON, "control character 0x0a in a string at byte 2"},
		{"NUL", "[1]\x00", scan.NotJSON, "found 0x00"},
		{"form feed", "\f[1]", scan.NotJSON, "found 0x0c"},
		{"no-break space", "\u00a0[1]", scan.NotJSON, "found 0xc2"},
		{"unknown escape", `"\x41"`, scan.NotJSON, "unknown escape in a string at byte 1"},
		{"short escape", `"\u12g4"`, scan.NotJSON, "unknown escape in a string at byte 1"},
		{"leading zero", `[01]`, scan.NotJSON, "a number begins with 0 at byte 1"},
		{"leading zero of a negative", `-01`, scan.NotJSON, "a number begins with 0 at byte 1"},
		{"no fraction", `[1.]`, scan.NotJSON, "expected a digit of a number at byte 3, found ']'"},
		{"no whole", `[.5]`, scan.NotJSON, "expected a value at byte 1, found '.'"},
		{"plus", `[+1]`, scan.NotJSON, "expected a value at byte 1, found '+'"},
		{"minus alone", `-`, scan.NotJSON, "ends in the middle of a number at byte 1"},
		{"no exponent", `1e`, scan.NotJSON, "ends in the middle of a number at byte 2"},
		{"hexadecimal", `0x10`, scan.NotJSON, "expected the end"},
		{"literal", `[nul]`, scan.NotJSON, "expected null at byte 1"},
		{"capitals", `[True]`, scan.NotJSON, "expected a value"},
		{"cut in a string", `{"a":"some te`, scan.NotJSON, "not JSON: ends in the middle of a string at byte 13, near `{\"a\":\"some te`"},
		{"cut in a character", "[\"\xe2\x82", scan.NotJSON, "ends in the middle of a string at byte 4"},
		{"cut in an escape", `["\u12`, scan.NotJSON, "ends in the middle of a string at byte 6"},
		{"cut in a literal", `[tru`, scan.NotJSON, "ends in the middle of true at byte 4"},
		{"cut in an object", `{"a":1`, scan.NotJSON, "ends in the middle of an object at byte 6"},
		{"cut in an array", `[[1]`, scan.NotJSON, "ends in the middle of an array at byte 4"},
		{"cut before a value", `{"a":`, scan.NotJSON, "ends where a value was expected at byte 5"},
		{"cut before a key", `{"a":1,`, scan.NotJSON, "ends where a key in double quotes was expected at byte 7"},
		{"Latin-1", "{\"a\":\"caf\xe9\"}", scan.NotUTF8, "not UTF-8: byte 9 is 0xe9 in a string"},
		{"overlong", "\"\xc0\xaf\"", scan.NotUTF8, "byte 1 is 0xc0"},
		{"overlong of three bytes", "\"\xe0\x80\xaf\"", scan.NotUTF8, "byte 1 is 0xe0"},
		{"surrogate in UTF-8", "\"\xed\xa0\x80\"", scan.NotUTF8, "byte 1 is 0xed"},
		{"beyond Unicode", "\"\xf4\x90\x80\x80\"", scan.NotUTF8, "byte 1 is 0xf4"},
		{"in a key", "{\"\xff\":1}", scan.NotUTF8, "byte 2 is 0xff"},
		{"too deep", nested(scan.MaxDepth + 1), scan.TooDeep, "too deep: more than 10000 levels at byte 10000"},
		{"too deep, never closed", strings.Repeat(`{"a":[`, 1<<20), scan.TooDeep, "too deep"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := scan.Prove([]byte(test.body))
			if got := err == nil; got != valid([]byte(test.body)) {
				t.Errorf("Prove says %v, json.Valid and utf8.Valid differ", err)
			}
			var fault *scan.BodyError
			switch {
			case errors.As(err, &fault) != (test.kind != 0):
				t.Errorf("got %v, want kind %v", err, test.kind)
			case fault != nil && (fault.Kind != test.kind || !strings.Contains(err.Error(), test.message)):
				t.Errorf("got kind %v: %v, want %v: %s", fault.Kind, err, test.kind, test.message)
			}
		})
	}
}

func TestProveCutAnywhere(t *testing.T) {
	body := strings.TrimSpace(scannedText)
	for i := range body {
		err := scan.Prove([]byte(body[:i]))
		var fault *scan.BodyError
		switch {
		case !errors.As(err, &fault) || fault.Kind != scan.NotJSON:
			t.Errorf("cut at %d: got %v, want that it is not JSON", i, err)
		case i > 0 && !strings.Contains(fault.Msg, "ends "):
			t.Errorf("cut at %d: got %q, want that it ends too early", i, fault)
		case i > 0 && fault.Offset != int64(i):
			t.Errorf("cut at %d: got offset %d", i, fault.Offset)
		}
	}
}

func TestProveAnyByteChanged(t *testing.T) {
	for i := range scannedText {
		body := []byte(scannedText)
		for c := range 256 {
			body[i] = byte(c)
			if err := scan.Prove(body); (err == nil) != valid(body) {
				t.Errorf("byte %d set to %#x: got %v, json.Valid and utf8.Valid differ", i, c, err)
			}
		}
	}
}

// A string's end, escapes and characters are looked for in words of eight
// bytes: each must be found at each place in one.
func TestProveStringsAtAnyPlace(t *testing.T) {
	for _, piece := range []string{"", `\n`, `\u00e9`, "é", "😀", "\x01", "\x7f", "\xff", "\x80", "\xa2", "\xdc", `\`, `"`} {
		for before := range 20 {
			for after := range 20 {
				body := []byte(`"` + strings.Repeat("a", before) + piece + strings.Repeat("~", after) + `"`)
				if err := scan.Prove(body); (err == nil) != valid(body) {
					t.Errorf("%q: got %v, json.Valid and utf8.Valid differ", body, err)
				}
			}
		}
	}
}

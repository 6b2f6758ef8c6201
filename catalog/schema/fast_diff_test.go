package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// finding is what the fast check and the judge say about one record.
type finding struct {
	fits  bool   // the judge accepts it
	fast  bool   // the fast check alone accepts it
	fault string // how the fast check breaks its promise; "" if it keeps it
}

// lookInto asks both about a proven record. The record lies in the middle of
// other text, as it does in a page.
func lookInto(s *Schema, record []byte) finding {
	page := append(append([]byte(`[9,"`), record...), `9"}],{"v":1}]`...)
	given := page[4 : 4+len(record)]
	whole := bytes.Clone(page)
	f := finding{fast: s.accepts(given)}
	if !bytes.Equal(page, whole) {
		f.fault = "accepts changes the text"
		return f
	}
	if number := hugeNumberIn(record); number != "" {
		f.fault = faultOfHuge(s, given, f.fast, number)
		return f
	}
	verdict := s.judged(given)
	f.fits = verdict == nil
	switch {
	case f.fast && !f.fits:
		f.fault = fmt.Sprintf("wrongly accepted: the judge says %v", verdict)
	case f.fast && !json.Valid(record):
		f.fault = "accepted, but not JSON"
	case len(record) < 1<<16: // the judge takes its time with larger ones
		if checked := s.Check(given); (checked == nil) != f.fits {
			f.fault = fmt.Sprintf("Check says %v, the judge %v", checked, verdict)
		}
	}
	return f
}

// faultOfHuge is the fault about a record with a number that no judge may see.
func faultOfHuge(s *Schema, record []byte, fast bool, number string) string {
	switch checked := s.Check(record); {
	case fast:
		return "wrongly accepted: it holds the number " + shortText(number)
	case checked == nil:
		return "Check accepts the number " + shortText(number)
	}
	return ""
}

var (
	quotedText = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	numberText = regexp.MustCompile(`-?[0-9][0-9.eE+-]*`)
)

// hugeNumberIn returns the first number beyond the limits that [Schema.Check]
// documents, or "". It shares no code with the check.
func hugeNumberIn(record []byte) string {
	for _, n := range numberText.FindAllString(quotedText.ReplaceAllLiteralString(string(record), `""`), -1) {
		_, digits, _ := strings.Cut(strings.ToLower(n), "e")
		exponent, err := strconv.Atoi(digits)
		if len(n) > 400 || digits != "" && (err != nil || exponent > 400 || exponent < -400) {
			return n
		}
	}
	return ""
}

func shortText(s string) string {
	if len(s) > 2000 {
		return fmt.Sprintf("%s … (%d bytes)", s[:2000], len(s))
	}
	return s
}

// diffCases are pairs of a schema and a record that once fooled a fast check,
// or could: what stands under not, the last branch of oneOf or an if must be
// known, not only not accepted.
var diffCases = []struct{ name, doc, record string }{
	{"not of a const spelt otherwise", `{"properties":{"v":{"not":{"const":1}}}}`, `{"v":1e0}`},
	{"not of a string spelt otherwise", `{"properties":{"v":{"not":{"const":"a"}}}}`, `{"v":"\u0061"}`},
	{"not of a decimal multiple", `{"properties":{"v":{"not":{"multipleOf":0.1}}}}`, `{"v":0.3}`},
	{"not of an integer", `{"properties":{"v":{"not":{"type":"integer"}}}}`, `{"v":1.0}`},
	{"not of an integer with exponent", `{"properties":{"v":{"not":{"type":"integer"}}}}`, `{"v":15e-1}`},
	{"not of an integer with large exponent", `{"properties":{"v":{"not":{"type":"integer"}}}}`, `{"v":1e300}`},
	{"not of a date", `{"properties":{"v":{"not":{"format":"date"}}}}`, `{"v":"2024-02-29"}`},
	{"not of a time with one-digit hour", `{"properties":{"v":{"not":{"format":"date-time"}}}}`, `{"v":"1:00:00"}`},
	{"not of a property spelt otherwise", `{"not":{"required":["v"]}}`, `{"\u0076":1}`},
	{"not of a property given twice", `{"not":{"properties":{"v":{"type":"null"}}}}`, `{"v":1,"v":null}`},
	{"not of unique items", `{"properties":{"v":{"not":{"uniqueItems":true}}}}`, `{"v":[0,-0]}`},
	{"not of maxProperties", `{"not":{"maxProperties":1}}`, `{"v":1,"\u0076":2}`},
	{"not of a pattern", `{"properties":{"v":{"not":{"pattern":"^é$"}}}}`, `{"v":"\u00e9"}`},
	{"not of maxLength", `{"properties":{"v":{"not":{"maxLength":1}}}}`, `{"v":"\ud83d\ude00"}`},
	{"not of maxLength, half pairs", `{"properties":{"v":{"not":{"maxLength":2}}}}`, `{"v":"\ude00\ud83d"}`},
	{"not of an unknown format", `{"properties":{"v":{"not":{"format":"decimal"}}}}`, `{"v":"x"}`},
	{"not of contains in draft 4", `{"$schema":"http://json-schema.org/draft-04/schema#","properties":{"v":{"not":{"contains":{"type":"null"}}}}}`, `{"v":[1]}`},
	{"not of const in draft 4", `{"$schema":"http://json-schema.org/draft-04/schema#","properties":{"v":{"not":{"const":2}}}}`, `{"v":1}`},
	{"not of propertyNames in draft 4", `{"$schema":"http://json-schema.org/draft-04/schema#","not":{"propertyNames":{"maxLength":0}}}`, `{"v":1}`},
	{"not of if in draft 6", `{"$schema":"http://json-schema.org/draft-06/schema#","not":{"if":{},"then":false}}`, `{"v":1}`},
	{"not of no further items beside no items", `{"properties":{"v":{"not":{"items":[],"additionalItems":false}}}}`, `{"v":[1]}`},
	{"not of no further items beside one schema", `{"properties":{"v":{"not":{"items":{},"additionalItems":false}}}}`, `{"v":[1]}`},
	{"not of an empty enum", `{"properties":{"v":{"not":{"enum":[]}}}}`, `{"v":1}`},
	{"not of an empty anyOf", `{"not":{"anyOf":[]}}`, `{"v":1}`},
	{"not of what stands beside a reference", `{"definitions":{"any":{}},"not":{"$ref":"#/definitions/any","type":"null"}}`, `{"v":1}`},
	{"not of not", `{"properties":{"v":{"not":{"not":{"const":1}}}}}`, `{"v":2.0}`},
	{"one of two, both unsure", `{"properties":{"v":{"oneOf":[{"const":1},{"enum":[1,2]}]}}}`, `{"v":1.0}`},
	{"one of two, the second unsure", `{"properties":{"v":{"oneOf":[{"type":"number"},{"const":1}]}}}`, `{"v":1.0}`},
	{"if that is unsure", `{"properties":{"v":{"if":{"const":1},"then":false}}}`, `{"v":1.0}`},
	{"else of an if that is unsure", `{"properties":{"v":{"if":{"not":{"const":1}},"else":false}}}`, `{"v":10e-1}`},
	{"then without if", `{"properties":{"v":{"then":false}}}`, `{"v":1}`},

	{"const of minus zero", `{"properties":{"v":{"const":0}}}`, `{"v":-0}`},
	{"const of what rounds to minus zero", `{"properties":{"v":{"const":0}}}`, `{"v":-1e-400}`},
	{"const of what rounds to zero", `{"properties":{"v":{"const":0}}}`, `{"v":1e-400}`},
	{"const beyond float64's integers", `{"properties":{"v":{"const":9007199254740992}}}`, `{"v":9007199254740993}`},
	{"const beside a value that is no float64", `{"properties":{"v":{"const":1}}}`, `{"v":1e309}`},
	{"not of an enum and no float64", `{"properties":{"v":{"not":{"enum":[1]}}}}`, `{"v":1e309}`},
	{"one of, the last with no float64", `{"properties":{"v":{"oneOf":[{"type":"number"},{"const":1}]}}}`, `{"v":1e350}`},
	{"if with no float64", `{"properties":{"v":{"if":{"const":1},"then":false}}}`, `{"v":1e350}`},
	{"contains with no float64", `{"properties":{"v":{"contains":{"const":1}}}}`, `{"v":[1e350,1]}`},
	{"unique items with no float64", `{"properties":{"v":{"uniqueItems":true}}}`, `{"v":[1e350]}`},
	{"enum of an object with no float64", `{"not":{"enum":[{}]}}`, `{"v":{"w":[1e350]}}`},
	{"unique items, zeros", `{"properties":{"v":{"uniqueItems":true}}}`, `{"v":[0,0.0]}`},
	{"unique items, spelt otherwise", `{"properties":{"v":{"uniqueItems":true}}}`, `{"v":["a","\u0061"]}`},
	{"unique items, half pairs", `{"properties":{"v":{"uniqueItems":true}}}`, `{"v":["\ud800","\udfff"]}`},
	{"unique items, keys in another order", `{"properties":{"v":{"uniqueItems":true}}}`, `{"v":[{"a":1,"b":2},{"b":2,"a":1}]}`},
	{"unique items, white space", `{"properties":{"v":{"uniqueItems":true}}}`, `{"v":[[1,2],[1, 2]]}`},
	{"unique items, a key given twice", `{"properties":{"v":{"uniqueItems":true}}}`, `{"v":[{"a":1},{"a":2,"a":1}]}`},
	{"unique items, large integers", `{"properties":{"v":{"uniqueItems":true}}}`, `{"v":[9007199254740992,9007199254740993]}`},

	{"last of equal keys", `{"properties":{"v":{"type":"integer"}}}`, `{"v":1,"v":"x"}`},
	{"last of keys spelt otherwise", `{"properties":{"v":{"type":"integer"}}}`, `{"v":1,"\u0076":"x"}`},
	{"last of keys that are half pairs", `{"properties":{"\ufffd":{"type":"integer"}}}`, `{"\ud800":1,"\udfff":"x"}`},
	{"a key that is half a pair", `{"additionalProperties":false,"properties":{"\ufffd":{"type":"integer"}}}`, `{"\ud800":"x"}`},
	{"equal keys are one field", `{"minProperties":2}`, `{"v":1,"v":2}`},
	{"keys spelt otherwise are one field", `{"minProperties":2}`, `{"v":1,"\u0076":2}`},
	{"unknown keys are counted", `{"minProperties":2}`, `{"w":1,"\u0077":2}`},
	{"a key with an escaped slash", `{"properties":{"a/b":false}}`, `{"a\/b":1}`},
	{"a pattern on an escaped key", `{"patternProperties":{"^v":{"type":"null"}}}`, `{"\u0076":1}`},
	{"a dependency on an escaped key", `{"dependencies":{"v":["w"]}}`, `{"\u0076":1}`},
	{"a dependency that is a schema", `{"dependencies":{"v":{"properties":{"w":{"type":"null"}}}}}`, `{"w":1,"v":1}`},
	{"names of equal keys", `{"propertyNames":{"maxLength":1}}`, `{"\u0076\u0076":1}`},
	{"two patterns", `{"patternProperties":{"^v":{"minimum":1},"v$":{"maximum":1}}}`, `{"v":2}`},
	{"a property and a pattern", `{"properties":{"v":{"minimum":1}},"patternProperties":{"v$":{"maximum":1}}}`, `{"v":2}`},
	{"schema with equal keys", `{"properties":{"v":{"type":"null"},"v":{"type":"string"}}}`, `{"v":null}`},
	{"schema with a keyword twice", `{"properties":{"v":{"type":"null"}},"properties":{"w":{"type":"string"}}}`, `{"w":1}`},
	{"schema with escaped keywords", `{"\u0070roperties":{"\u0076":{"\u0074ype":"\u006eull"}}}`, `{"v":1}`},

	{"minimum of a long fraction", `{"properties":{"v":{"minimum":0.1}}}`, `{"v":0.09999999999999999999999999999999999999}`},
	{"minimum beyond int64", `{"properties":{"v":{"minimum":9223372036854775808}}}`, `{"v":9223372036854775807}`},
	{"maximum beyond uint64", `{"properties":{"v":{"maximum":18446744073709551615}}}`, `{"v":18446744073709551616}`},
	{"exclusive minimum of draft 4", `{"$schema":"http://json-schema.org/draft-04/schema#","properties":{"v":{"minimum":1,"exclusiveMinimum":true}}}`, `{"v":1}`},
	{"exclusive minimum of no draft", `{"properties":{"v":{"minimum":5,"exclusiveMinimum":1}}}`, `{"v":3}`},
	{"exclusive maximum, minus zero", `{"properties":{"v":{"exclusiveMaximum":0}}}`, `{"v":-0.0}`},
	{"exclusive minimum that is minus zero", `{"properties":{"v":{"exclusiveMinimum":-0.0}}}`, `{"v":0}`},
	{"exclusive minimum, minus zero", `{"properties":{"v":{"exclusiveMinimum":0}}}`, `{"v":-0}`},
	{"multiple of a hundredth", `{"properties":{"v":{"multipleOf":0.01}}}`, `{"v":19.995}`},
	{"multiple, large", `{"properties":{"v":{"multipleOf":3}}}`, `{"v":100000000000000000000000000001}`},
	{"multiple, integer with exponent", `{"properties":{"v":{"multipleOf":7}}}`, `{"v":1e22}`},
	{"a limit is not for strings", `{"properties":{"v":{"minimum":5}}}`, `{"v":"1"}`},
	{"a format is for numbers too", `{"properties":{"v":{"format":"date-time"}}}`, `{"v":20240101}`},
	{"a format is not for null", `{"properties":{"v":{"format":"date-time"}}}`, `{"v":null}`},
	{"a huge number nobody asks for", `{"properties":{"v":{"type":"null"}}}`, `{"w":{"x":[1e401]}}`},
	{"a huge number that is overwritten", `{"properties":{"v":{"type":"integer"}}}`, `{"v":1e401,"v":1}`},
	{"a number of 401 characters in a string", `{"properties":{"v":{"type":"string"}}}`, `{"v":"` + strings.Repeat("1", 401) + `"}`},
	{"an exponent in a key", `{"properties":{"v":{"type":"string"}}}`, `{"1e999":"1E999"}`},

	{"date that is none", `{"properties":{"v":{"format":"date"}}}`, `{"v":"2023-02-29"}`},
	{"second 60", `{"properties":{"v":{"format":"date-time"}}}`, `{"v":"2016-12-31T23:59:60Z"}`},
	{"hour 24", `{"properties":{"v":{"format":"date-time"}}}`, `{"v":"2016-12-31T24:00:00Z"}`},
	{"lower-case t", `{"properties":{"v":{"format":"date-time"}}}`, `{"v":"2016-12-31t23:59:59Z"}`},
	{"offset of 24 hours", `{"properties":{"v":{"format":"date-time"}}}`, `{"v":"2016-12-31T23:59:59+24:00"}`},
	{"offset of 60 minutes", `{"properties":{"v":{"format":"date-time"}}}`, `{"v":"2016-12-31T23:59:59+00:60"}`},
	{"offset without colon", `{"properties":{"v":{"format":"date-time"}}}`, `{"v":"2016-12-31T23:59:59+0000"}`},
	{"fraction without digits", `{"properties":{"v":{"format":"date-time"}}}`, `{"v":"2016-12-31T23:59:59.Z"}`},
	{"letters in an offset", `{"properties":{"v":{"format":"date-time"}}}`, `{"v":"2016-12-31T23:59:59+0a:00"}`},
	{"an escape in a date", `{"properties":{"v":{"format":"date"}}}`, `{"v":"2024-02-\u0032\u0039"}`},
	{"bytes that look like digits", `{"properties":{"v":{"format":"date"}}}`, `{"v":"2024-0:-01"}`},

	{"reference to the root", `{"properties":{"v":{"$ref":"#"}},"additionalProperties":false}`, `{"v":{"v":{"w":1}}}`},
	{"reference into a keyword", `{"properties":{"v":{"$ref":"#/properties/w/items/0"},"w":{"items":[{"type":"null"}]}}}`, `{"v":1}`},
	{"reference with escapes", `{"definitions":{"a/b~c d":{"type":"null"}},"properties":{"v":{"$ref":"#/definitions/a~1b~0c%20d"}}}`, `{"v":1}`},
	{"reference to a schema of no keyword", `{"x":{"type":"null"},"properties":{"v":{"$ref":"#/x"}}}`, `{"v":1}`},
	{"a property named $ref", `{"properties":{"$ref":{"type":"null"}}}`, `{"$ref":1}`},
	{"an id beside a reference", `{"$id":"http://x/y","definitions":{"n":{"$id":"z","type":"null"}},"properties":{"v":{"$ref":"#/definitions/n"}}}`, `{"v":1}`},
	{"white space everywhere", `{"properties":{"v":{"type":"null"}}}`, " \n{ \"v\" \t:\r 1 }\n "},
	{"all types in a list but one", `{"properties":{"v":{"type":["null","string","object","array","boolean","integer"]}}}`, `{"v":1.5}`},
	{"type is an empty list", `{"properties":{"v":{"not":{"type":[]}}}}`, `{"v":1.5}`},
	{"boolean schemas", `{"properties":{"v":false,"w":true}}`, `{"v":1,"w":1}`},
}

// Where the fast check could go wrong by being too clever.
func TestFastAgainstJudge(t *testing.T) {
	for _, tt := range diffCases {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Compile([]byte(tt.doc))
			if err != nil {
				t.Fatal(err)
			}
			if f := lookInto(s, []byte(tt.record)); f.fault != "" {
				t.Errorf("%s\nschema %s\nrecord %s", f.fault, tt.doc, tt.record)
			}
		})
	}
}

// A byte order mark is ignored by Prove, not by the judge.
func TestFastByteOrderMark(t *testing.T) {
	s, err := Compile([]byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	if f := lookInto(s, []byte("\xef\xbb\xbf{}")); f.fault != "" {
		t.Error(f.fault)
	}
}

// TestKeyWithBackslash: a name with a backslash is not the key that is written
// like it, in which the backslash begins an escape.
func TestKeyWithBackslash(t *testing.T) {
	s, err := Compile([]byte(`{"type":"object","properties":{"a\\b":{"type":"integer"}},"required":["a\\b"]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		record string
		want   bool
	}{
		{`{"a\b":12345678,"next":12345678}`, false},
		{`{"a\\b":12345678,"next":12345678}`, true},
	} {
		if got := s.accepts([]byte(tt.record)); got && !tt.want || (s.judged([]byte(tt.record)) == nil) != tt.want {
			t.Errorf("%s: accepted %t, want %t, by the judge: %v", tt.record, got, tt.want, s.judged([]byte(tt.record)))
		}
	}
}

func FuzzFastAgainstJudge(f *testing.F) {
	for _, tt := range diffCases {
		f.Add([]byte(tt.doc), []byte(tt.record))
	}
	if !testing.Short() { // TestFastSuite tries them
		for _, c := range suiteCases(f, os.DirFS("testdata/suite")) {
			f.Add(c.wrapped(), c.record())
		}
	}
	f.Fuzz(func(t *testing.T, doc, record []byte) {
		s, err := Compile(doc)
		if err != nil || scan.Prove(record) != nil || !bytes.HasPrefix(record, []byte("{")) {
			return
		}
		if found := lookInto(s, record); found.fault != "" {
			t.Errorf("%s\nschema %s\nrecord %s", found.fault, doc, record)
		}
	})
}

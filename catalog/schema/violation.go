package schema

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xeipuuv/gojsonschema"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
)

// Violation is how a record breaks its schema.
type Violation struct {
	Pointer string // JSON pointer into the record; "" is the whole of it
	Rule    string // the keyword that is broken: type, required, format, enum, minimum …; or number, json, internal
	Want    string // what it asks for, short
	Value   string // the offending value as written, at most 80 bytes, cut with …; "" where a field is missing
	More    int    // further violations in the same record
}

// ruleNumber is the rule of a number that the judge must not see.
const ruleNumber = "number"

// Error returns one line, such as
// `/lines/0/price: type: expected number, got "12,50" (2 more)`.
func (v *Violation) Error() string {
	pointer, value, more := v.Pointer, v.Value, ""
	if pointer == "" {
		pointer = "record"
	}
	if value == "" {
		value = "nothing"
	}
	if v.More > 0 {
		more = fmt.Sprintf(" (%d more)", v.More)
	}
	return fmt.Sprintf("%s: %s: expected %s, got %s%s", pointer, v.Rule, v.Want, value, more)
}

func hugeViolation(record raw.Text, at int) *Violation {
	return &Violation{
		Pointer: record.Pointer(at),
		Rule:    ruleNumber,
		Want:    fmt.Sprintf("at most %d characters and an exponent within ±%[1]d", kinds.MaxNumber),
		Value:   shorten(record[at:record.AfterValue(at)]),
	}
}

// beyondViolation names the number that keeps a record from being judged:
// gojsonschema compares values of enum, const and uniqueItems as float64.
func beyondViolation(record raw.Text, at int) *Violation {
	return &Violation{
		Pointer: record.Pointer(at),
		Rule:    ruleNumber,
		Want:    "a number up to 1.8e308, since the schema compares whole values (enum, const, uniqueItems)",
		Value:   shorten(record[at:record.AfterValue(at)]),
	}
}

// newViolation picks the violation to name. gojsonschema gives them in an
// order that changes from run to run; the least pointer is taken.
func newViolation(record raw.Text, errs []gojsonschema.ResultError) *Violation {
	v, steps := violationOf(slices.MinFunc(errs, compareErrors))
	v.Value = shorten(record.Find(steps))
	v.More = len(errs) - 1
	return v
}

// violationOf returns the violation that an error tells of, without its value,
// and the steps to that.
func violationOf(e gojsonschema.ResultError) (v *Violation, steps []string) {
	v = &Violation{}
	v.Rule, v.Want = describe(e)
	steps = strings.Split(contextSteps(e), stepMark)[1:]
	if name := brokenField(e); name != "" {
		steps = append(steps, name)
	}
	v.Pointer = pointerOf(steps)
	return v, steps
}

func pointerOf(steps []string) string {
	var pointer strings.Builder
	for _, step := range steps {
		pointer.WriteString(raw.Step(step))
	}
	return pointer.String()
}

// compareErrors puts first what is to be named first.
func compareErrors(a, b gojsonschema.ResultError) int {
	return cmp.Or(
		cmp.Compare(vagueness(a), vagueness(b)),
		cmp.Compare(contextSteps(a), contextSteps(b)),
		cmp.Compare(keenness(a), keenness(b)),
		cmp.Compare(brokenField(a), brokenField(b)),
		cmp.Compare(a.Type(), b.Type()),
		cmp.Compare(a.Description(), b.Description()))
}

// vagueness is larger for errors that only say that a branch failed and stand
// beside the error that made it fail.
func vagueness(e gojsonschema.ResultError) int {
	switch e.Type() {
	case "number_all_of", "condition_then", "condition_else":
		return 1
	}
	return 0
}

// keenness is smaller for the errors to name first among those of one value:
// those of a union or of a field's name, beside which stand the errors of the
// likeliest branch or of the name's own schema.
func keenness(e gojsonschema.ResultError) int {
	switch e.Type() {
	case "number_any_of", "number_one_of", "invalid_property_name":
		return 0
	}
	return 1
}

// stepMark divides the steps of a context: no name decoded from JSON holds it,
// as it is not UTF-8.
const stepMark = "\xff"

func contextSteps(e gojsonschema.ResultError) string { return e.Context().String(stepMark) }

// brokenField returns the member that an error about an object is about, or
// "".
func brokenField(e gojsonschema.ResultError) string {
	key := "property"
	switch e.Type() {
	case "required", "additional_property_not_allowed", "invalid_property_name":
	case "missing_dependency":
		key = "dependency"
	default:
		return ""
	}
	name, _ := e.Details()[key].(string)
	return name
}

// maxShown is the most bytes of a value in a message.
const maxShown = 80

// shorten returns a value on one line of at most 80 bytes.
func shorten(value []byte) string {
	end := len(value)
	if end > maxShown {
		end = maxShown - len("…")
		for end > 0 && !utf8.RuneStart(value[end]) {
			end--
		}
	}
	shown := slices.Clone(value[:end])
	for i, c := range shown {
		if c < ' ' {
			shown[i] = ' '
		}
	}
	if end < len(value) {
		return string(shown) + "…"
	}
	return string(shown)
}

// describe returns the keyword that was broken and what it asks for.
func describe(e gojsonschema.ResultError) (rule, want string) {
	details := e.Details()
	detail := func(key string) string { return shortDetail(details[key]) }
	switch e.Type() {
	case "false":
		return "false", "no value here"
	case "required":
		return "required", "a value"
	case "invalid_type":
		return "type", typesWanted(detail("expected"))
	case "number_any_of":
		return "anyOf", "a value that fits one of the schemas"
	case "number_one_of":
		return "oneOf", "a value that fits exactly one of the schemas"
	case "number_all_of":
		return "allOf", "a value that fits all of the schemas"
	case "number_not":
		return "not", "a value that does not fit the schema"
	case "missing_dependency":
		return "dependencies", "a value"
	case "const":
		return "const", detail("allowed")
	case "enum":
		return "enum", "one of " + detail("allowed")
	case "condition_then":
		return "then", "a value that fits the schema"
	case "condition_else":
		return "else", "a value that fits the schema"
	case "pattern":
		return "pattern", "text that matches " + detail("pattern")
	case "format":
		return "format", detail("format")
	}
	if rule, want = describeSize(e.Type(), detail); rule != "" {
		return rule, want
	}
	return e.Type(), e.Description()
}

// describeSize is describe for the keywords about numbers, lengths and
// members.
func describeSize(kind string, detail func(string) string) (rule, want string) {
	switch kind {
	case "multiple_of":
		return "multipleOf", "a multiple of " + detail("multiple")
	case "number_gte":
		return "minimum", "at least " + detail("min")
	case "number_gt":
		return "exclusiveMinimum", "more than " + detail("min")
	case "number_lte":
		return "maximum", "at most " + detail("max")
	case "number_lt":
		return "exclusiveMaximum", "less than " + detail("max")
	case "string_gte":
		return "minLength", "at least " + detail("min") + " characters"
	case "string_lte":
		return "maxLength", "at most " + detail("max") + " characters"
	case "array_min_items":
		return "minItems", "at least " + detail("min") + " items"
	case "array_max_items":
		return "maxItems", "at most " + detail("max") + " items"
	case "array_no_additional_items":
		return "additionalItems", "no further items"
	case "unique":
		return "uniqueItems", "items that differ; " + detail("i") + " and " + detail("j") + " are equal"
	case "contains":
		return "contains", "an item that fits the schema"
	case "array_min_properties":
		return "minProperties", "at least " + detail("min") + " fields"
	case "array_max_properties":
		return "maxProperties", "at most " + detail("max") + " fields"
	case "additional_property_not_allowed":
		return "additionalProperties", "no such field"
	case "invalid_property_name":
		return "propertyNames", "a field name that fits the schema"
	}
	return "", ""
}

// shortDetail returns a detail of an error as text of at most 80 bytes.
func shortDetail(detail any) string {
	if f, ok := detail.(*big.Float); ok {
		return f.Text('g', 18)
	}
	return shorten(fmt.Append(nil, detail))
}

// typesWanted makes "null or string" of "[null,string]".
func typesWanted(list string) string {
	return strings.ReplaceAll(strings.Trim(list, "[]"), ",", " or ")
}

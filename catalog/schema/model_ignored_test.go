package schema_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/catalog/schema/model"
)

// Each schema would refuse the record by the draft that has its keywords; the
// judge does not, and that is said. Where it does refuse it, nothing is said.
func TestIgnored(t *testing.T) {
	const old4, old6, old7 = `"$schema":"http://json-schema.org/draft-04/schema#",`, `"$schema":"http://json-schema.org/draft-06/schema",`, `"$schema":"http://json-schema.org/draft-07/schema#",`
	tests := []struct {
		doc, record string
		want        []string // pointers; nil: the judge refuses the record
	}{
		{`{"properties":{"a":{"unevaluatedProperties":false,"properties":{}}}}`, `{"a":{"b":1}}`, []string{"/properties/a/unevaluatedProperties"}},
		{`{"properties":{"a":{"unevaluatedItems":false}}}`, `{"a":[1]}`, []string{"/properties/a/unevaluatedItems"}},
		{`{"dependentRequired":{"a":["b"]}}`, `{"a":1}`, []string{"/dependentRequired"}},
		{`{"dependentSchemas":{"a":{"required":["b"]}}}`, `{"a":1}`, []string{"/dependentSchemas"}},
		{`{"properties":{"a":{"prefixItems":[{"type":"string"}]}}}`, `{"a":[1]}`, []string{"/properties/a/prefixItems"}},
		{`{"properties":{"a":{"contains":{},"minContains":2}}}`, `{"a":[1]}`, []string{"/properties/a/minContains"}},
		{`{"properties":{"a":{"contains":{},"maxContains":1}}}`, `{"a":[1,2]}`, []string{"/properties/a/maxContains"}},
		{`{"properties":{"a":{"$dynamicRef":"#x"}},"$defs":{"x":{"$dynamicAnchor":"x","type":"string"}}}`, `{"a":1}`, []string{"/$defs", "/properties/a/$dynamicRef"}},
		{`{"properties":{"a":{"$recursiveRef":"#"}},"required":["a"],"$recursiveAnchor":true}`, `{"a":{}}`, []string{"/$recursiveAnchor", "/properties/a/$recursiveRef"}},
		{`{"properties":{"a":{"contentMediaType":"application/json","contentSchema":false}}}`, `{"a":"1"}`, []string{"/properties/a/contentSchema"}},
		{`{"properties":{"a":{"$ref":"#/$defs/x","maximum":5}},"$defs":{"x":{"$anchor":"x","type":"integer"}}}`, `{"a":7}`, []string{"/$defs", "/properties/a/maximum", "/$defs/x/$anchor"}},
		{`{` + old4 + `"properties":{"a":{"const":1}}}`, `{"a":2}`, []string{"/properties/a/const"}},
		{`{` + old4 + `"properties":{"a":{"contains":{"type":"string"}}}}`, `{"a":[1]}`, []string{"/properties/a/contains"}},
		{`{` + old4 + `"propertyNames":{"maxLength":1}}`, `{"aa":[1]}`, []string{"/propertyNames"}},
		{`{` + old4 + `"if":{},"then":{"required":["a"]}}`, `{}`, []string{"/if", "/then"}},
		{`{` + old6 + `"if":{"required":["a"]},"else":{"required":["a"]}}`, `{}`, []string{"/if", "/else"}},
		{`{"$schema":"https://json-schema.org/draft/2020-12/schema","dependentRequired":{"a":["b"]}}`, `{"a":1}`, []string{"/$schema", "/dependentRequired"}},

		{`{` + old6 + `"properties":{"a":{"const":1}}}`, `{"a":2}`, nil},
		{`{` + old6 + `"properties":{"a":{"contains":{"type":"string"}}}}`, `{"a":[1]}`, nil},
		{`{` + old6 + `"propertyNames":{"maxLength":1}}`, `{"aa":[1]}`, nil},
		{`{` + old7 + `"if":{},"then":{"required":["a"]}}`, `{}`, nil},
		{`{"if":{},"then":{"required":["a"]}}`, `{}`, nil},
		{`{"properties":{"a":{"const":1},"b":{"contains":{}},"unevaluatedProperties":{}},"propertyNames":{"maxLength":1}}`, `{"a":2}`, nil},
		{`{"properties":{"prefixItems":{"$ref":"#/definitions/minContains","title":"t"}},"definitions":{"minContains":{"enum":[{"$defs":1}],"default":{"if":1}}}}`, `{"prefixItems":1}`, nil},
	}
	for _, tt := range tests {
		all, err := model.IgnoredIn([]byte(tt.doc))
		if err != nil {
			t.Errorf("%s: %v", tt.doc, err)
		}
		var got []string
		for _, i := range all {
			got = append(got, i.Pointer)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.doc, got, tt.want)
		}
		s, err := schema.Compile([]byte(tt.doc))
		if err != nil {
			t.Fatal(err)
		}
		if v := s.Check([]byte(tt.record)); (v == nil) != (tt.want != nil) {
			t.Errorf("%s: the judge says %v of %s", tt.doc, v, tt.record)
		}
	}
}

func TestIgnoredIsSaidOnce(t *testing.T) {
	const doc = `{"properties":{"a":{"minContains":2},"b":{"minContains":3,"items":{"minContains":4}},"c":{"maxContains":1}}}`
	all, err := model.IgnoredIn([]byte(doc))
	if err != nil || len(all) != 2 {
		t.Fatalf("got %v, %v", all, err)
	}
	if got, want := all[0].String(), "/properties/a/minContains (2 more) is ignored: one element that fits contains is enough"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := all[1].String(); !strings.HasPrefix(got, "/properties/c/maxContains is ignored: ") {
		t.Errorf("got %s", got)
	}
}

func TestIgnoredRefuses(t *testing.T) {
	var e *model.SchemaError
	if all, err := model.IgnoredIn([]byte(`{"$ref":"x"}`)); all != nil || !errors.As(err, &e) {
		t.Errorf("got %v, %v, want a SchemaError", all, err)
	}
}

package schema

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// FuzzAppendRepaired: what was repaired is accepted, and but for its nulls is
// what came, byte for byte; what was not is not touched.
func FuzzAppendRepaired(f *testing.F) {
	const doc = `{"properties":{"id":{"type":"integer"},"a":{"type":["null","string"]},"b":{"type":["null","array"],"items":{"properties":{"c":{"type":"number"}}}}},"required":["id"]}`
	for _, record := range []string{
		`{"id":1}`, `{"id":1,"a":2}`, `{"id":1, "b" : [{"c":"x"}] }`, `{"id":1,"\u0061":7,"a":8}`, `{"id":1,"b":[{"c":1e999}]}`, `{"a":1}`, ` [1] `,
	} {
		f.Add(doc, record)
	}
	f.Add(`{"properties":{"a":{"anyOf":[{"type":"null"},{"properties":{"b":{"enum":[null,1]}}}]}}}`, `{"a":{"b":2}}`)
	f.Add(`{"properties":{"a":{"not":{"type":"null"}},"b":false}}`, `{"a":null,"b":1}`)
	f.Add(`{"propertyNames":{"pattern":"^a"},"properties":{"a~/":{"items":[{"contains":{"const":1}}]}}}`, `{"a~/":[[2]],"b":1}`)
	f.Add(`{"if":{"properties":{"a":{"const":1}}},"then":{"properties":{"b":{"type":"null"}}},"else":false}`, `{"a":1,"b":1}`)
	f.Fuzz(func(t *testing.T, doc, record string) {
		s, err := Compile([]byte(doc))
		if err != nil || scan.Prove([]byte(record)) != nil || strings.HasPrefix(record, "\ufeff") {
			t.Skip()
		}
		got, repairs, stuck := s.AppendRepaired(nil, []byte(record), []string{"id"})
		if stuck != nil {
			if got != nil || repairs != nil || s.Check([]byte(record)) == nil {
				t.Fatalf("stuck in %v, but got %s, %v", stuck, got, repairs)
			}
			return
		}
		if v := s.Check(got); v != nil {
			t.Fatalf("%s became %s: %v", record, got, v)
		}
		checkRepairs(t, []byte(record), got, repairs)
	})
}

// checkRepairs makes the repairs once more, from the last to the first, by the
// pointers alone.
func checkRepairs(t *testing.T, record, got []byte, repairs []Repair) {
	t.Helper()
	want := slices.Clone(record)
	for i, r := range slices.Backward(repairs) {
		if r.Pointer == "" || strings.HasPrefix(r.Pointer+"/", "/id/") {
			t.Fatalf("%s became %s: %q was repaired", record, got, r.Pointer)
		}
		steps := strings.Split(r.Pointer, "/")[1:]
		for i, step := range steps {
			steps[i] = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
		}
		value := raw.Text(want).Find(steps)
		if value == nil || slices.ContainsFunc(repairs[:i], func(o Repair) bool { return o.Pointer == r.Pointer }) {
			return // equal names: which of them it was is not known
		}
		at := cap(want) - cap(value)
		want = slices.Replace(want, at, at+len(value), []byte("null")...)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("%s\nbecame %s\nwant   %s\nby %v", record, got, want, repairs)
	}
}

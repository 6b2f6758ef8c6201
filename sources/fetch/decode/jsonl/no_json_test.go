package jsonl_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/jsonl"
)

func readKin(in string, of sources.JSONL) (got []string, err error) {
	r, err := jsonl.Open(lines{strings.NewReader(in)}, &file.Options{Decode: &sources.Decode{JSONL: of}})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for {
		record, err := r.Next(nil)
		if err == io.EOF {
			return got, nil
		} else if err != nil {
			return got, err
		}
		got = append(got, string(record))
	}
}

// TestLinesWithParents proves that each line of a file is a record of exactly one kind.
func TestLinesWithParents(t *testing.T) {
	for _, c := range []struct {
		name, line string
		child      bool
	}{
		{"without the field", `{"id":1}`, false},
		{"null", `{"id":1,"__parentId": null}`, false},
		{"text", `{"id":2,"__parentId":"gid://shop/Order/1"}`, true},
		{"number", `{"__parentId" : 1,"id":2}`, true},
		{"in an object that it holds", `{"id":1,"lines":{"__parentId":"x"}}`, false},
		{"in an object before its own", `{"id":1,"lines":[{"__parentId":null}],"__parentId":"x"}`, true},
		{"as a value", `{"id":"__parentId","of":"\"__parentId\":1"}`, false},
		{"a longer name", `{"id":1,"my__parentId":"x","__parentIds":"y"}`, false},
		{"escaped", `{"id":1,"__\u0070arentId":"x"}`, true},
		{"the field alone", `{"__parentId":"x"}`, true},
		{"empty object", `{}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, children := range []bool{false, true} {
				of := sources.JSONL{ParentID: "__parentId", Children: children}
				want := []string{`{"a":1}`, `{"b":1}`}
				if children {
					want = []string{`{"__parentId":"first"}`, `{"__parentId":"last"}`}
				}
				if c.child == children {
					want = slices.Insert(want, 1, c.line)
				}
				in := `{"__parentId":"first"}{"a":1}` + "\n" + c.line + "\n" + `{"b":1}{"__parentId":"last"}`
				if got, err := readKin(in, of); err != nil || !slices.Equal(got, want) {
					t.Errorf("children %v\nis   %q, %v\nwant %q", children, got, err, want)
				}
			}
		})
	}
}

// TestNoJSONIsOfEitherKind proves that a line which is no JSON is passed over for
// neither kind, and that errors keep their rows.
func TestNoJSONIsOfEitherKind(t *testing.T) {
	for _, children := range []bool{false, true} {
		of := sources.JSONL{ParentID: "__parentId", Children: children}
		for _, line := range []string{`{"id":1,}`, `{"id":1,"__parentId":x}`} {
			if got, err := readKin(line, of); err != nil || !slices.Equal(got, []string{line}) {
				t.Errorf("children %v: %q, %v", children, got, err)
			}
		}
		if _, err := readKin("{}\n{\"__parentId\":1}\n[]\n", of); err == nil || !strings.Contains(err.Error(), "row 3") {
			t.Errorf("children %v: %v", children, err)
		}
	}
}

func TestLinesWithParentsAllocateNothing(t *testing.T) {
	in := strings.Repeat(`{"id":2,"__parentId":"gid://shop/Order/1"}`+"\n"+`{"id":1}`+"\n", 2000)
	r, err := jsonl.Open(lines{strings.NewReader(in)}, &file.Options{Decode: &sources.Decode{JSONL: sources.JSONL{ParentID: "__parentId"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	dst := make([]byte, 0, 1<<10)
	if n := testing.AllocsPerRun(1000, func() {
		if _, err := r.Next(dst); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations for each record", n)
	}
}

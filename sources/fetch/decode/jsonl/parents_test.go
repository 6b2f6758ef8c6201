package jsonl

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// TestParents proves which lines have a parent: those with a member of that name, and
// none that says it deeper, or as text.
func TestParents(t *testing.T) {
	const text = `{"id":"o1"}
{"id":"l1","__parentId":"o1"}
{"id":"o2","note":"__parentId","x":{"__parentId":"o1"}}
{"__parentId":null,"id":"o3"}
{"id":"l2","__parentId":"o2","__parentId":"o3"}
`
	for _, tt := range []struct {
		children bool
		want     string
	}{
		{false, `{"id":"o1"}|{"id":"o2","note":"__parentId","x":{"__parentId":"o1"}}|{"__parentId":null,"id":"o3"}`},
		{true, `{"id":"l1","__parentId":"o1"}|{"id":"l2","__parentId":"o2","__parentId":"o3"}`},
	} {
		in := file.NewSource(strings.NewReader(text), nil, 1<<20)
		r, err := Open(in, &file.Options{Decode: &sources.Decode{JSONL: sources.JSONL{ParentID: "__parentId", Children: tt.children}}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for dst := []byte("before"); ; {
			out, err := r.Next(dst)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || !strings.HasPrefix(string(out), "before") {
				t.Fatal(string(out), err)
			}
			got = append(got, string(out[len("before"):]))
			dst = out[:len("before")]
		}
		if strings.Join(got, "|") != tt.want {
			t.Errorf("children %v: got %q", tt.children, got)
		}
		r.Close()
	}
}

package advice

import (
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// Records says where the answer does have records, of which the definition
// names another place; "" where it has none.
func (a Adviser) Records(body []byte) string {
	r := &a.Stream.Records
	if r.Single || r.Keyed != "" || r.Columns != nil || r.ColumnsPath != "" {
		return ""
	}
	paths, what, all := hint.Lists(body), "an array of objects", "arrays of objects"
	if len(paths) == 0 && a.Stream.Text.Decode.Format == sources.FormatXML { // one element is no array
		paths, what, all = hint.Elements(body), "an element that holds others", "elements that hold others"
	}
	for i, path := range paths {
		paths[i] = a.Quote(hint.YAML(path))
	}
	switch len(paths) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("the answer has %s at %s: write records: %[2]s", what, paths[0])
	}
	return fmt.Sprintf("the answer has %s at %s: write one of them, as records: %s", all, strings.Join(paths, ", "), paths[0])
}

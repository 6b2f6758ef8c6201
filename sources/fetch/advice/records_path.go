package advice

import (
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// Records says where the answer does have records, of which the definition
// names another place; "" where it has none.
func (a Adviser) Records(body []byte) string {
	r := &a.Stream.Records
	if r.Single || r.Keyed != "" || r.Columns != nil || r.ColumnsPath != "" {
		return ""
	}
	paths := hint.Lists(body)
	for i, path := range paths {
		paths[i] = a.Quote(hint.YAML(path))
	}
	switch len(paths) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("the answer has an array of objects at %s: write records: %[1]s", paths[0])
	}
	return fmt.Sprintf("the answer has arrays of objects at %s: write one of them, as records: %s", strings.Join(paths, ", "), paths[0])
}

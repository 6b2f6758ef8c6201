package findings

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources/fetch"
)

const oddBeside = "correct primary_key, it does not tell records apart: a primary key came twice in one answer with different content, and targets keep the last of them alone. " +
	"Name in primary_key a field that differs between such records, or several that do together"

// differ says in what the first two records of a page differ that have the primary
// key of this one; nothing where the page does not have them as they came.
func differ(page *fetch.Page, record []byte, keys []string) []any {
	var first []byte
	for i := page.Repeated; i < page.Records.Len(); i++ {
		came := page.Records.Record(i)
		switch {
		case !sameKey(came, record, keys):
		case first == nil:
			first = bytes.Clone(came)
		case !bytes.Equal(first, came):
			return []any{"differ", differences(first, came)}
		}
	}
	return nil
}

func sameKey(a, b []byte, keys []string) bool {
	for _, k := range keys {
		if v := raw.Text(a).Field(k); v == nil || !bytes.Equal(v, raw.Text(b).Field(k)) {
			return false
		}
	}
	return true
}

// mostDiffering is how many fields are named in which two records differ.
const mostDiffering = 4

// differences names the fields in which two records differ, with both values.
func differences(a, b []byte) string {
	var all []string
	for fields := raw.Text(a).Items(0); len(all) < mostDiffering && fields.Next(); {
		name, value := fields.Key.Unquote(), fields.Value()
		if other := raw.Text(b).Field(name); len(other) > 0 && !bytes.Equal(value, other) {
			all = append(all, fmt.Sprintf("%s: %s and %s", Clip([]byte(name)), short(value), short(other)))
		}
	}
	return strings.Join(all, ", ")
}

// short is a value as a list of several shows it.
func short(value []byte) []byte {
	const most = 30
	if len(value) > most {
		return append(value[:most:most], "…"...)
	}
	return value
}

package findings

import (
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// KeyText is a record's primary key, as messages name it.
func KeyText(record []byte, keys []string) string {
	if len(keys) == 0 {
		return string(Clip(record))
	}
	var b strings.Builder
	for i, k := range keys {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s=%s", k, Clip(raw.Text(record).Field(k)))
	}
	return b.String()
}

// Clip shortens what a message quotes.
func Clip(raw []byte) []byte {
	const most = 80
	if len(raw) > most {
		return append(raw[:most:most], "…"...)
	}
	return raw
}

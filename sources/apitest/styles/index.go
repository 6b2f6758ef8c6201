package styles

import (
	"fmt"
	"net/http"
	"strings"
)

// index lists the styles, with a line for curl each.
func index(w http.ResponseWriter, r *http.Request, all []Style) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	var b strings.Builder
	fmt.Fprintf(&b, "A sample API in %d styles. Every secret is %s, every user %s.\n", len(all), Secret, User)
	for _, style := range all {
		fmt.Fprintf(&b, "\n%-14s %s\n    curl %s\n", style.Name, style.Is, strings.ReplaceAll(style.Curl, "BASE", "http://"+r.Host))
	}
	_, _ = w.Write([]byte(b.String())) // the client may be gone
}

package definition

import (
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
)

// readShare reads a percentage, or a whole number.
func readShare(r *reader, n *document.Node, k key) any {
	if n.Shape != document.Number && n.Shape != document.Text {
		return r.wants(n, k)
	}
	share, ok := sources.ParseShare(n.Text)
	if !ok {
		return r.wants(n, k)
	}
	return share
}

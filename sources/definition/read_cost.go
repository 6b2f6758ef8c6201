package definition

import (
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// readCost reads what a request costs.
func readCost(r *reader, n *document.Node, k key) any {
	if n.Shape == document.Text && expr.IsTemplate(n.Text) {
		return readTemplate(r, n, k)
	}
	if _, ok := readAmount(r, n, k).(sources.Cost); !ok {
		return nil
	}
	return readTemplate(r, n, k)
}

// rateLimit checks that a limit counts one thing, of paths that URLs may have.
func rateLimit(r *reader, n *document.Node, o *object) {
	ratePath(r, n, o)
	switch {
	case n.Has("requests") && n.Has("points"):
		r.Problem(n, "counts requests or points, not both: what has both limits is a list of two")
	case !n.Has("requests") && !n.Has("points"):
		r.Problem(n, "needs requests: a whole number; or points")
	}
	if reset := n.Get("reset"); reset != nil && !n.Has("remaining") {
		r.Problem(reset, "says when what is left is back: needs remaining beside it")
	}
}

// readAmount reads a sum of costs.
var readAmount = parsed(sources.ParseCost, document.Number)

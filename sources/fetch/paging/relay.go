package paging

import (
	"fmt"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// relay is a way through a connection of GraphQL: its pageInfo says whether there
// is more, and names the cursor that the next query takes.
type relay struct{}

func (relay) traits() traits {
	return traits{carries: "token", names: true, at: &[2]Sent{{Body: "variables.after"}, {Body: "variables.first"}}}
}

func (relay) step(l *leg) (step, error) {
	info := l.stream.Pagination.PageInfo().Path
	more, err := l.eval(sources.Ref{Path: info + ".hasNextPage"})
	if err != nil {
		return step{}, fmt.Errorf("pagination.connection: %w", err)
	}
	if more.Kind() != expr.KindBool {
		return step{}, fmt.Errorf("pagination.connection: expected true or false at %s.hasNextPage, got %s", info, shown(l, more))
	}
	l.now.Next = true
	if !more.Truth() {
		return step{missing: info + ".hasNextPage is false"}, nil
	}
	cursor, err := l.eval(sources.Ref{Path: info + ".endCursor"})
	if err == nil && (cursor.Kind() != expr.KindString || cursor.Text() == "") {
		err = fmt.Errorf("%s.hasNextPage is true, but endCursor is %s: does the query ask for it?", info, shown(l, cursor))
	}
	if err != nil {
		return step{}, fmt.Errorf("pagination.connection: %w", err)
	}
	return l.goTo(cursor)
}

// shown is a value of the answer in a message.
func shown(l *leg, v expr.Value) string {
	if v.Kind() == expr.KindUndefined {
		return "nothing"
	}
	return l.out.Quote(string(v.AppendJSON(nil)))
}

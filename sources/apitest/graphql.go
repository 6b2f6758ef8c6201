package apitest

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// leadEndCursor gives endCursor: the token, or null.
func leadEndCursor(x *exchange) []member {
	return []member{{"endCursor", "", x.nextToken()}}
}

// connection returns what stands before and after the records of a GraphQL
// answer.
func (x *exchange) connection() (head, tail []byte) {
	name := cmp.Or(x.c.Name, lastSegment(x.c.Path))
	head = append([]byte(`{"data":{`), raw.Quote(name)...)
	head = append(head, `:{"nodes":[`...)
	tail = []byte(`],"pageInfo":{`)
	for _, m := range x.members() {
		tail = append(m.json(tail), ',')
	}
	tail = append(tail, `"hasNextPage":`...)
	tail = append(strconv.AppendBool(tail, x.page.more), '}')
	if x.c.Total {
		tail = append(tail, `,"totalCount":`...)
		tail = strconv.AppendInt(tail, int64(x.page.total), 10)
	}
	return head, append(tail, `}}}`...)
}

// graphQLError returns {"errors":[…]}, as GraphQL servers do.
func graphQLError(p *problem) []byte {
	b := append([]byte(`{"errors":[{"message":`), raw.Quote(p.message)...)
	b = append(b, `,"extensions":{"code":`...)
	b = append(b, raw.Quote(strings.ToUpper(p.code))...)
	return append(b, `}}]}`...)
}

// lastSegment returns what follows the last slash of a path.
func lastSegment(path string) string {
	return path[strings.LastIndexByte(path, '/')+1:]
}

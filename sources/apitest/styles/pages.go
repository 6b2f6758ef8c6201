package styles

import (
	"fmt"
	"strconv"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources/apitest"
)

// The ways from page to page.

func page() Style {
	c := orders(apitest.Page)
	c.Form.Envelope = func(end apitest.End) (string, string) {
		return `{"data":[`, fmt.Sprintf(`],"total_pages":%d}`, end.Pages)
	}
	return paged("page", "numbered pages; the answer says how many there are", "'BASE/page/orders?page=2&per_page=100'", c)
}

func offset() Style {
	c := orders(apitest.Offset)
	c.Form.Envelope = func(end apitest.End) (string, string) {
		return `{"items":[`, fmt.Sprintf(`],"total":%d}`, end.Total)
	}
	return paged("offset", "offset and limit; the answer says how many records there are", "'BASE/offset/orders?offset=200&limit=100'", c)
}

func cursor() Style {
	return paged("cursor", "a token in the answer leads to the next page", "'BASE/cursor/orders?limit=100'", orders(apitest.Cursor))
}

func link() Style {
	c := orders(apitest.Link)
	c.Form.Bare = true
	return paged("link", "a header Link leads to the next page, as GitHub has it", "-i 'BASE/link/orders?per_page=100'", c)
}

func nextURL() Style {
	c := orders(apitest.NextURL)
	c.Form.Token = "$skiptoken"
	c.Form.Envelope = func(end apitest.End) (string, string) {
		if end.Next == "" {
			return `{"value":[`, `]}`
		}
		return `{"value":[`, `],"@odata.nextLink":` + string(raw.Quote(end.Next)) + `}`
	}
	return paged("odata", "the answer has the URL of the next page, as OData has it", "'BASE/odata/orders'", c)
}

func keyset() Style {
	c := orders(apitest.Keyset)
	c.Form.Token = "starting_after"
	c.Form.Envelope = func(end apitest.End) (string, string) {
		return `{"object":"list","data":[`, `],"has_more":` + strconv.FormatBool(end.More) + `}`
	}
	return paged("keyset", "the last id leads on, as Stripe has it", "'BASE/keyset/orders?limit=100&starting_after=100'", c)
}

// searchAfter has hits, whose _source is the order.
func searchAfter() Style {
	c := orders(apitest.Keyset)
	c.Method, c.Key = "POST", "_id"
	source := c.Made.Append
	c.Made.Append = func(dst []byte, i int) []byte {
		dst = fmt.Appendf(dst, `{"_index":"orders","_id":"%d","sort":[%d,%d],"_source":`, i+1, 1704067200000+63_158_400*i, i+1)
		return append(source(dst, i), '}')
	}
	c.Form.Token = "search_after"
	c.Form.Envelope = func(end apitest.End) (string, string) {
		return fmt.Sprintf(`{"took":1,"timed_out":false,"hits":{"total":{"value":%d,"relation":"eq"},"hits":[`, end.Total), `]}}`
	}
	return paged("search", "a search by POST, with search_after, as Elasticsearch has it",
		`-H 'Content-Type: application/json' -d '{"size":100,"search_after":[1710320040000,100]}' 'BASE/search/orders'`, c)
}

func relay() Style {
	c := orders(apitest.GraphQL)
	c.Name = "orders"
	style := paged("relay", "GraphQL, with a connection as Relay has it",
		`-H 'Content-Type: application/json' -d '{"query":"query ($first: Int!, $after: String) { orders(first: $first, after: $after) { nodes { id total } pageInfo { endCursor hasNextPage } } }","variables":{"first":100}}' 'BASE/relay/graphql'`, c)
	c.Path = "/relay/graphql"
	style.handler = apitest.New().Add(c)
	return style
}

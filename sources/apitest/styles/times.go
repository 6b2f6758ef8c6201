package styles

import (
	"fmt"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// The ways to ask for a part: of a day, of what is new, of a shop.

// report has twenty campaigns on each day of the first quarter of 2025.
func report() Style {
	const campaigns, days = 20, 90
	first := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	c := apitest.Collection{Path: "/report/daily", Style: apitest.Offset, Size: 100, Max: 500, Total: true,
		Made: apitest.Made{Count: campaigns * days, Append: func(dst []byte, i int) []byte {
			day, campaign := i/campaigns, i%campaigns+1
			return fmt.Appendf(dst, `{"day":"%s","campaign":"c%02d","clicks":%d,"cost":%d.50}`, first.AddDate(0, 0, day).Format(time.DateOnly), campaign, 7*i%500, campaign)
		}},
		Filter: apitest.Filter{Field: "day", From: "from", To: "to", Ascending: true, EndInclusive: true},
	}
	return Style{Name: "report", Is: "a report by day, for a first and a last day", Records: campaigns * days,
		Curl: "'BASE/report/daily?from=2025-01-01&to=2025-01-07&limit=100'", paths: []string{"/report/"}, handler: apitest.New().Add(c)}
}

func updatedSince() Style {
	c := orders(apitest.Cursor)
	c.Form.HasMore = true
	c.Filter = apitest.Filter{Field: "updated_at", From: "updated_since", Ascending: true}
	return paged("updated", "what changed since a time", "'BASE/updated/orders?updated_since=2025-12-01T00:00:00Z&limit=100'", c)
}

// parents has three shops, and the orders of each below it.
func parents() Style {
	const each = 400
	shops := apitest.Shops()
	shops.Path = "/parents/shops"
	api := apitest.New().Add(shops)
	for k, shop := range []string{"eu", "us", "jp"} {
		c := orders(apitest.Page)
		all := apitest.Orders(3 * each).Made.Append
		c.Path, c.Total = "/parents/shops/"+shop+"/orders", true
		c.Made = apitest.Made{Count: each, Append: func(dst []byte, i int) []byte { return all(dst, 3*i+k) }}
		api.Add(c)
	}
	return Style{Name: "parents", Is: "shops, and the orders of each shop", Records: len(shops.Rows) + 3*each,
		Curl: "'BASE/parents/shops/eu/orders?page=1'", paths: []string{"/parents/"}, handler: api}
}

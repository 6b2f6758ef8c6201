package styles

import (
	"fmt"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/exports"
)

// Answers that are no pages of JSON.

// export has a job of three files, which is ready at the third poll.
func export() Style {
	const files, rows = 3, 400
	jobs := &exports.Server{Files: exports.Parts(files, rows, "csv.gz"), Pending: 2}
	return Style{Name: "export", Is: "a job that is asked for, and its files of CSV", Records: files * rows,
		Curl:  "-X POST -H 'Authorization: Bearer s3cret' 'BASE/exports'",
		paths: []string{"/exports", "/exports/", "/files/"}, handler: apitest.New(apitest.RequireBearer(Secret), apitest.Extended(jobs))}
}

func lines() Style {
	c := orders(apitest.None)
	c.Form = apitest.Form{Type: "application/x-ndjson", Between: "\n", Envelope: func(apitest.End) (string, string) { return "", "\n" }}
	return paged("ndjson", "a JSON object on each line", "'BASE/ndjson/orders'", c)
}

// xml has orders of their own, with an id, a status and a total.
func xml() Style {
	statuses := [...]string{"open", "paid", "shipped"}
	c := apitest.Collection{Style: apitest.Page, Size: 100, Max: 500,
		Made: apitest.Made{Count: 1000, Append: func(dst []byte, i int) []byte {
			return fmt.Appendf(dst, `<order id="%d"><status>%s</status><total currency="EUR">%d.50</total></order>`, i+1, statuses[i%len(statuses)], i+1)
		}},
		Form: apitest.Form{Type: "application/xml", Between: "\n", Envelope: func(end apitest.End) (string, string) {
			return `<?xml version="1.0" encoding="UTF-8"?>` + "\n<orders>\n", fmt.Sprintf("\n<pages>%d</pages>\n</orders>\n", end.Pages)
		}},
	}
	return paged("xml", "XML, with numbered pages", "'BASE/xml/orders?page=2&per_page=100'", c)
}

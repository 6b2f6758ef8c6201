package exports

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// Parts returns what makes n files of rows rows for each job, for [Server].Files.
// kind is "csv", "jsonl", "csv.gz" or "jsonl.gz". The window is the job's from;
// part-000 begins with id 1 and each file goes on where the one before it ended, so
// that the ids of all are 1 to n × rows.
func Parts(n, rows int, kind string) func(Job) []File {
	write, contentType := CSV, "text/csv; charset=utf-8"
	base, packed := strings.CutSuffix(kind, ".gz")
	if base == "jsonl" {
		write, contentType = JSONL, "application/x-ndjson"
	}
	return func(j Job) []File {
		window, _ := j.Window()
		files := make([]File, n)
		for i := range files {
			f := File{Name: fmt.Sprintf("part-%03d.%s", i, kind), Type: contentType, Rows: rows}
			f.Data = write(window, 1+i*rows, rows)
			if packed {
				f.Type, f.Data = "application/gzip", Gzip(f.Data)
			}
			files[i] = f
		}
		return files
	}
}

// CSV returns a header and n rows, whose ids begin with first:
//
//	id,window,name,amount,updated_at
//	7,2024-05-01,"Row 7, ""odd""",7.07,2024-05-01T00:00:07Z
//
// updated_at is id seconds after the window, if that is a date or an RFC 3339 time,
// and after 2024-01-01 otherwise. Names of even rows are like Row 8.
func CSV(window string, first, n int) []byte {
	b := []byte("id,window,name,amount,updated_at\n")
	for id := first; id < first+n; id++ {
		name := fmt.Sprintf("Row %d", id)
		if id%2 == 1 {
			name = fmt.Sprintf(`"Row %d, ""odd"""`, id)
		}
		b = fmt.Appendf(b, "%d,%s,%s,%s,%s\n", id, window, name, amount(id), rowTime(window, id))
	}
	return b
}

// JSONL returns the rows of [CSV] as lines of JSON:
//
//	{"id":7,"window":"2024-05-01","name":"Row 7, \"odd\"","amount":7.07,"updated_at":"2024-05-01T00:00:07Z"}
func JSONL(window string, first, n int) []byte {
	var b []byte
	for id := first; id < first+n; id++ {
		name := fmt.Sprintf("Row %d", id)
		if id%2 == 1 {
			name += `, \"odd\"`
		}
		b = fmt.Appendf(b, `{"id":%d,"window":%s,"name":"%s","amount":%s,"updated_at":"%s"}`+"\n", id, raw.Quote(window), name, amount(id), rowTime(window, id))
	}
	return b
}

func amount(id int) string { return fmt.Sprintf("%d.%02d", id, id%100) }

func rowTime(window string, id int) string {
	start, err := time.Parse(time.RFC3339, window)
	if err != nil {
		start, err = time.Parse(time.DateOnly, window)
	}
	if err != nil {
		start = firstDay
	}
	return start.Add(time.Duration(id) * time.Second).Format(time.RFC3339)
}

// Gzip packs data, the same data always into the same bytes.
func Gzip(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data) // a bytes.Buffer takes all
	w.Close()
	return b.Bytes()
}

// BulkFile returns the file of a bulk operation over n orders, as lines of JSON that
// name their parents:
//
//	{"id":"gid://shopify/Order/1","name":"#1","total":"1.01"}
//	{"id":"gid://shopify/LineItem/11","quantity":1,"__parentId":"gid://shopify/Order/1"}
//	{"id":"gid://shopify/TaxLine/11","rate":0.19,"__parentId":"gid://shopify/LineItem/11"}
//	{"id":"gid://shopify/LineItem/12","quantity":2,"__parentId":"gid://shopify/Order/1"}
//	{"id":"gid://shopify/TaxLine/12","rate":0.19,"__parentId":"gid://shopify/LineItem/12"}
//	{"id":"gid://shopify/Fulfillment/1","status":"SUCCESS","__parentId":"gid://shopify/Order/1"}
//
// Orders 3, 6, 9… have no children. Parents come before their children, but the
// fulfillments of all orders come last.
func BulkFile(n int) File {
	var b, last []byte
	for order := 1; order <= n; order++ {
		id := fmt.Sprintf("gid://shopify/Order/%d", order)
		b = fmt.Appendf(b, `{"id":"%s","name":"#%d","total":"%s"}`+"\n", id, order, amount(order))
		if order%3 == 0 {
			continue
		}
		for k := 1; k <= 2; k++ {
			item := fmt.Sprintf("gid://shopify/LineItem/%d%d", order, k)
			b = fmt.Appendf(b, `{"id":"%s","quantity":%d,"__parentId":"%s"}`+"\n", item, k, id)
			b = fmt.Appendf(b, `{"id":"gid://shopify/TaxLine/%d%d","rate":0.19,"__parentId":"%s"}`+"\n", order, k, item)
		}
		last = fmt.Appendf(last, `{"id":"gid://shopify/Fulfillment/%d","status":"SUCCESS","__parentId":"%s"}`+"\n", order, id)
	}
	b = append(b, last...)
	return File{Name: "bulk.jsonl", Type: "application/jsonl", Rows: bytes.Count(b, []byte("\n")), Data: b}
}

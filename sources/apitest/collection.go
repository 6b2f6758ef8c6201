package apitest

import (
	"cmp"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// defaultSize is the page size of collections that name none.
const defaultSize = 100

// Collection is a list of records at a path. The package documentation shows
// how each style is asked for and answered.
type Collection struct {
	Path   string // "/orders"
	Style  Style
	Method string // default GET; POST for GraphQL

	Rows [][]byte // its records
	Made Made     // or what makes them, where Rows is nil

	Size int    // records on a page where the request does not say; default 100
	Max  int    // most records on a page, whatever the request says; 0: no limit
	Key  string // Keyset: field that ascends from record to record; default "id"
	Name string // GraphQL: the member under data; default the last segment of Path

	Total    bool // answers say how many records there are, and how many pages
	Form     Form
	Encoding *Encoding // for requests that accept it; nil: none

	Filter     Filter        // time range parameters
	SessionTTL time.Duration // Cursor, NextURL, GraphQL, Scroll: tokens die after this long unused; 0: never

	Quirks Quirks
}

// Made makes the records of a collection. Record and Append are called from
// several goroutines at once, with i from 0 to Count-1, and always give the same
// bytes for the same i; Append adds them to dst and returns it.
type Made struct {
	Count  int
	Record func(i int) []byte
	Append func(dst []byte, i int) []byte // in its place
}

// Form is how answers are written, and how a request says where it goes on.
type Form struct {
	HasMore  bool // answers say whether this was the last page
	Bare     bool // the body is the array; what else there is goes into headers
	Relative bool // NextURL: a relative reference instead of an absolute URL

	Token    string                            // name of the parameter with the token or key; default as the style has it
	Envelope func(end End) (head, tail string) // what stands before and after the records, in place of the style's own
	Between  string                            // what stands between records; default a comma
	Type     string                            // Content-Type; default application/json
}

// End is what an answer may say at its end, for [Form].Envelope.
type End struct {
	Next         string // token or URL of the next page; "": there is none, or the style has neither
	More         bool   // there is a next page
	Total, Pages int    // of all records that the request selects
}

// Quirks are what sound APIs do not do.
type Quirks struct {
	Shuffle   bool // the records of each page come in an order drawn for the request; not for Keyset
	Unordered bool // Page, Offset: the whole list is in an order drawn for the request: walks lose and repeat records
	Clamp     bool // Page: a number past the end gives the last page again
}

// Filter lets requests ask for records of a time range, From ≤ Field < To.
// Values of parameters and records are RFC 3339 times, dates, or numbers: Unix
// seconds, milliseconds when above 1e11. They are compared to the microsecond.
// Records without the field fit no range.
type Filter struct {
	Field     string // top-level field of the records; "" for no filter
	From, To  string // names of the parameters; either may be left out of a request
	Ascending bool   // records are in the order of Field: saves reading all of them

	StartExclusive bool // From < Field
	EndInclusive   bool // Field ≤ To
}

// collection is a Collection in service.
type collection struct {
	Collection
	readStamps sync.Once
	stamps     []stamp      // Field of each record, when a filter needs all of them
	bodySize   atomic.Int64 // of the last page, a guess at that of the next
}

func (c *collection) method() string {
	switch {
	case c.Method != "":
		return c.Method
	case c.Style == GraphQL:
		return http.MethodPost
	}
	return http.MethodGet
}

// tokenParam is the parameter that carries the token or the key.
func (c *collection) tokenParam() string {
	switch c.Style {
	case GraphQL, Keyset:
		return cmp.Or(c.Form.Token, "after")
	}
	return cmp.Or(c.Form.Token, "cursor")
}

func (c *collection) count() int {
	if c.Rows != nil {
		return len(c.Rows)
	}
	return c.Made.Count
}

// record appends record i to dst.
func (c *collection) record(dst []byte, i int) []byte {
	switch {
	case c.Rows != nil:
		return append(dst, c.Rows[i]...)
	case c.Made.Record != nil:
		return append(dst, c.Made.Record(i)...)
	case c.Made.Append != nil:
		return c.Made.Append(dst, i)
	}
	return append(dst, "{}"...)
}

// pageSize reads how many records the request wants on a page.
func (c *collection) pageSize(q query) (int, *problem) {
	size := c.Size
	if size <= 0 {
		size = defaultSize
	}
	if c.Style == None {
		return max(1, c.count()), nil
	}
	for _, name := range []string{"limit", "per_page", "size", "first"} {
		if text := q.params.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 1 {
				return 0, invalid(name + " must be a positive integer, not " + text)
			}
			size = n
			break
		}
	}
	if c.Max > 0 {
		size = min(size, c.Max)
	}
	return size, nil
}

package render

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/render/findings"
)

// connections finds the lists within records of which the answer has the first elements
// alone, where no stream asks for the rest: connections of GraphQL whose pageInfo says
// hasNextPage, and lists beside which OData or SOQL names a next page.
type connections struct {
	stream *plan.Stream
	looks  bool              // its records may have some
	links  bool              // of OData or SOQL, not of GraphQL
	paths  []string          // to what says so of those that were cut, the first ones
	first  []string          // the keys of the first path
	cut    findings.Examples // records that have one
}

// hasNextPage says that a connection of GraphQL goes on; nextLinks are the keys, or their
// ends, that name the next page of a list within a record.
var (
	hasNextPage = []byte(`"hasNextPage"`)
	nextLinks   = [][]byte{[]byte(`@odata.nextLink"`), []byte(`@nextLink"`), []byte(`"__next"`), []byte(`"nextRecordsUrl"`)}
)

func newConnections(s *plan.Stream, completed bool) connections {
	c := connections{stream: s}
	body := s.Definition.Request.Body
	switch {
	case completed:
	case body != nil && body.Kind == sources.BodyGraphQL:
		c.looks = true
	case namesNextLinks(s.Definition):
		c.looks, c.links = true, true
	}
	return c
}

// namesNextLinks reports whether a stream reads OData or SOQL: by the place of its next
// page, or since it expands what belongs to a record.
func namesNextLinks(s *sources.Stream) bool {
	next := s.Pagination.Next.Path
	for _, key := range []string{"nextLink", "__next", "nextRecordsUrl"} {
		if strings.HasSuffix(next, key) {
			return true
		}
	}
	expands := func(p sources.Param) bool { return p.Name == "$expand" }
	return slices.ContainsFunc(s.Request.Params, expands) || s.Request.Path != nil && strings.Contains(s.Request.Path.Source(), "$expand=")
}

// note looks at a record as it leaves.
func (c *connections) note(record []byte) {
	if !c.looks || !c.mayBeCut(record) {
		return
	}
	before := c.cut.Count
	c.find(gjson.ParseBytes(record), nil, func(path []string) {
		if c.cut.Count == before {
			c.cut.Note(record, c.stream.Keys, nil)
		}
		const most = 5
		if len(c.paths) == 0 {
			c.first = slices.Clone(path)
		}
		if text := strings.Join(path, "."); len(c.paths) < most && !slices.Contains(c.paths, text) {
			c.paths = append(c.paths, text)
		}
	})
}

// mayBeCut reports whether a record may hold a list that was cut, as far as that is to
// be seen without parsing it.
func (c *connections) mayBeCut(record []byte) bool {
	if c.links {
		return slices.ContainsFunc(nextLinks, func(mark []byte) bool { return bytes.Contains(record, mark) })
	}
	return saysMore(record)
}

// saysMore reports whether hasNextPage is true anywhere in a record.
func saysMore(record []byte) bool {
	for {
		i := bytes.Index(record, hasNextPage)
		if i < 0 {
			return false
		}
		record = record[i+len(hasNextPage):]
		value := bytes.TrimLeft(record, " \t\r\n:")
		if bytes.HasPrefix(value, []byte("true")) {
			return true
		}
	}
}

// find calls found with the path of what says of a list that there is more.
func (c *connections) find(v gjson.Result, path []string, found func(path []string)) {
	const deepest = 64
	if len(path) == deepest || v.Type != gjson.JSON || !c.links && !strings.Contains(v.Raw, string(hasNextPage)) {
		return
	}
	list := v.IsArray()
	v.ForEach(func(key, v gjson.Result) bool {
		step := "#"
		if !list {
			step = key.Str
		}
		to := append(path[:len(path):len(path)], step)
		switch {
		case list:
		case c.links:
			if namesNext(step, len(path) == 0) && v.Type == gjson.String && v.Str != "" {
				found(to)
			}
		case step == "pageInfo" && v.IsObject() && v.Get("hasNextPage").Type == gjson.True:
			found(append(to, "hasNextPage"))
		}
		c.find(v, to, found)
		return true
	})
}

// namesNext reports whether a key within a record names the next page of a list. Where it
// is a key of the record itself, it says of which list.
func namesNext(key string, top bool) bool {
	for _, mark := range nextLinks {
		if is := strings.HasSuffix(`"`+key+`"`, string(mark)); is && (!top || strings.Index(key, "@") > 0) {
			return true
		}
	}
	return false
}

// doubt says that records are not whole; nil where all are.
func (c *connections) doubt() *paging.Doubt {
	if c.cut.Count == 0 {
		return nil
	}
	records := "records"
	if c.cut.Count == 1 {
		records = "record"
	}
	return &paging.Doubt{
		Key: strings.Join(c.paths, ", "), Within: true,
		Value:  fmt.Sprintf("%s in %d %s (the first: %s)", c.says(), c.cut.Count, records, c.cut.First),
		Advice: c.advice(),
	}
}

// says is what the key of the doubt has.
func (c *connections) says() string {
	if c.links {
		return "there"
	}
	return "true"
}

// advice is what to write: a stream that reads the list of each record.
func (c *connections) advice() string {
	key := "id"
	if len(c.stream.Keys) > 0 {
		key = c.stream.Keys[0]
	}
	when, place := "", "."+strings.Join(c.first, ".")
	if c.links {
		place = "['" + strings.Join(c.first, "']['") + "']"
	}
	if !slices.Contains(c.first, "#") {
		when = fmt.Sprintf(`, when: "{{ record%s }}"`, place)
	}
	what, how := "the connection has more nodes than the query asks for within a record", "type: relay"
	if c.links {
		what, how = "the list has more elements than came within a record", "type: next_url"
	}
	return fmt.Sprintf("%s: write a stream that reads it by itself, with partition_by: {parent: %s, keys: {%s: %s}%s} and pagination: {%s, …}",
		what, c.stream.Name, key, key, when, how)
}

// refuse fails the walk at the first page with records that are not whole, where
// on_incomplete says so: a run that goes on from a later page would not know of them.
func (c *connections) refuse(page *fetch.Page) error {
	d := c.doubt()
	if d == nil || c.stream.Definition.OnIncomplete != sources.Fail {
		return nil
	}
	return &fetch.Error{Class: fetch.Permanent, Stream: c.stream.Name, Request: page.Request, Status: page.Status,
		Err: fmt.Errorf("%w: %s (on_incomplete: warn lets such records pass)", errCut, d)}
}

// suspect takes the doubt of records that are not whole into the last page of a walk. It
// reports whether the bookmark stays: from the first of them on it does, in a sorted
// stream too.
func (c *connections) suspect(page *fetch.Page) (stays bool) {
	d := c.doubt()
	if d == nil || page.Partial {
		return false
	}
	if page.Last {
		page.Proof.Doubts = append(page.Proof.Doubts, *d)
	}
	return c.stream.Definition.OnIncomplete != sources.Warn
}

// errCut is wrapped by the error of a walk that fails because of records that are not whole.
var errCut = errors.New("records hold less than there is")

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

// connections finds the connections of GraphQL within records of which the answer has
// the first nodes alone: their pageInfo says hasNextPage, and no stream asks for the
// rest.
type connections struct {
	stream *plan.Stream
	looks  bool              // its records may have some
	paths  []string          // to the pageInfo of those that were cut, the first ones
	cut    findings.Examples // records that have one
}

func newConnections(s *plan.Stream, completed bool) connections {
	body := s.Definition.Request.Body
	return connections{stream: s, looks: !completed && body != nil && body.Kind == sources.BodyGraphQL}
}

var hasNextPage = []byte(`"hasNextPage"`)

// note looks at a record as it leaves.
func (c *connections) note(record []byte) {
	if !c.looks || !saysMore(record) {
		return
	}
	before := c.cut.Count
	c.find(gjson.ParseBytes(record), nil, func(path string) {
		if c.cut.Count == before {
			c.cut.Note(record, c.stream.Keys, nil)
		}
		const most = 5
		if len(c.paths) < most && !slices.Contains(c.paths, path) {
			c.paths = append(c.paths, path)
		}
	})
}

// saysMore reports whether hasNextPage is true anywhere in a record, as far as that
// is to be seen without parsing it.
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

// find calls found with the path of each pageInfo that says that there is more.
func (c *connections) find(v gjson.Result, path []string, found func(path string)) {
	const deepest = 64
	if len(path) == deepest || v.Type != gjson.JSON || !strings.Contains(v.Raw, string(hasNextPage)) {
		return
	}
	list := v.IsArray()
	v.ForEach(func(key, v gjson.Result) bool {
		step := "#"
		if !list {
			step = key.Str
		}
		to := append(path[:len(path):len(path)], step)
		if !list && step == "pageInfo" && v.IsObject() && v.Get("hasNextPage").Type == gjson.True {
			found(strings.Join(to, ".") + ".hasNextPage")
		}
		c.find(v, to, found)
		return true
	})
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
		Value:  fmt.Sprintf("true in %d %s (the first: %s)", c.cut.Count, records, c.cut.First),
		Advice: c.advice(),
	}
}

// advice is what to write: a stream that reads the connection of each record.
func (c *connections) advice() string {
	key := "id"
	if len(c.stream.Keys) > 0 {
		key = c.stream.Keys[0]
	}
	when := ""
	if !strings.Contains(c.paths[0], "#") {
		when = fmt.Sprintf(`, when: "{{ record.%s }}"`, c.paths[0])
	}
	return fmt.Sprintf("the connection has more nodes than the query asks for within a record: write a stream that reads it by itself, with partition_by: {parent: %s, keys: {%s: %s}%s} and pagination: {type: relay, …}",
		c.stream.Name, key, key, when)
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

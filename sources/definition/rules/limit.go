package rules

import (
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/nearest"
	"github.com/tap-rest/tap-rest/sources/times"
)

// didYouMean is what a message says where one of several names is near.
func didYouMean(name string, known []string) string {
	if near := nearest.Name(name, known); near != "" && near != name {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}

// halvesWindows reports whether a stream has windows that can be halved: several, or one
// in each of its contexts.
func halvesWindows(s *sources.Stream) bool {
	return s.EndsWindow() && s.Incremental.Windows.Format != "integer" && (s.Incremental.Windows.Length != times.Span{} || len(s.PartitionBy) > 0)
}

// limit checks how a stream is read behind max_offset.
func (c stream) limit(paging *document.Node, s *sources.Stream) {
	limit, most, beyond := s.Pagination.Limit, paging.Get("max_offset"), paging.Get("beyond")
	if beyond != nil && most == nil {
		c.Problem(beyond, "needs max_offset beside it: behind how many records")
	}
	if most == nil || most.Read == nil {
		return
	}
	if size := s.Pagination.Sends.Size; size > limit.Records {
		c.Problem(most, "is less than size: the first page would lie beyond")
	}
	switch places := len(slices.DeleteFunc([]string{limit.Sends.Param, limit.Sends.Header, limit.Sends.BodyPath}, func(s string) bool { return s == "" })); {
	case beyond != nil && beyond.Shape == document.Map && places != 1 && !c.way.MeantBeyond(beyond, "param", "header", "body"):
		c.Problem(beyond, "needs one of param, header and body: it carries the value of field")
	case beyond != nil && limit.Field != "" && !slices.Equal(s.Keys, []string{limit.Field}):
		c.Warn(beyond, "records that share a value of %s may be lost behind max_offset; it is not the primary_key%s", document.Clip(limit.Field), didYouMean(limit.Field, s.Keys))
	case beyond == nil && !c.way.Meant(paging, "beyond") && !halvesWindows(s):
		c.Warn(most, "nothing says how what lies behind it is read, so that the stream fails there: give beyond; or incremental.window (or run.window in a config) with {{ window.end }} sent, and windows are halved")
	}
	if limit.Sends.BodyPath != "" && !c.sendsJSON(s) {
		c.Problem(beyond, "body is a path in the JSON body: the stream has no body: {json: …}")
	}
}

// points checks that requests which are counted by what they cost have a cost.
func (c stream) points(n *document.Node, s *sources.Stream) {
	for _, limit := range s.Client.RateLimits {
		if limit.Points > 0 && s.Call.Cost == nil && n.Get("cost") == nil {
			c.Problem(n.Get("rate_limit"), "counts points: needs cost in client or stream, which says how many a request takes")
			return
		}
	}
}

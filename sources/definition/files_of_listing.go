package definition

import (
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// A stream with files is two: a listing, which the keys about requests and pages
// describe, and the records of the files that it lists. The listing is read for its
// children alone, and no catalog shows it.

// ofFiles are the keys of such a stream that speak of the files, and of their records.
var ofFiles = []string{
	"decode", "unpack", "charset", "nan", "keep", "add", "primary_key", "schema", "on_invalid", "on_new_field", "skip_unchanged", "on_delete", "max_deletes",
}

// ofBoth are those that hold for requests of both.
var ofBoth = []string{"base_url", "headers", "auth", "tls", "timeout", "rate_limit", "cost", "max_in_flight", "retry", "errors", "cookies", "allow_hosts"}

var filesObject = &object{name: "Files", keys: []key{
	{name: "link", kind: aCondition, scope: sources.InRecord, only: []string{"config", "partition", "now", "record"}, need: true, doc: "Template over a record of the listing: the URL of its file."},
	{name: "keys", kind: pathMap, doc: "Names to paths in the record of the listing: what `add`, `keep` and `download` see as `partition`."},
	{name: "when", kind: aCondition, scope: sources.InRecord, only: []string{"config", "partition", "now", "record"}, def: "all", doc: "Template: the records of the listing for which it is true have a file."},
	{name: "listing_decode", kind: aDecode, of: decodeObject, def: "json", doc: "What the listing is, where it is not JSON: as `decode`, which says what the files are."},
	{name: "listing_add", kind: params, scope: sources.InRecord, doc: "Name to value or template: fields that the records of the listing get, as its `replication_key` from `parent`. As `add`, which says what those of the files get."},
	{name: "records", kind: steps, def: `"@this"`, doc: "Path to the records in a file, where that is JSON or XML."},
}}

// aFilesKey reads files: a template, or a map.
var aFilesKey = &kind{"a template, as \"{{ record.url }}\", or a map", readFiles, `{"anyOf": [{"type": "string"}, {"enum": [true]}, {"$ref": "@of"}]}`}

func readFiles(r *reader, n *document.Node, k key) any {
	if n.Shape == document.Map {
		return r.object(n, k)
	}
	if n.Shape == document.Bool && n.Text == "true" {
		own := *n
		own.Shape, own.Text = document.Text, "{{ record.url }}"
		n = &own
	}
	link := k.of.keys[0]
	return link.kind.read(r, n, link)
}

// listed builds the two streams of one with files.
func (b *builder) listed(own *document.Node) []*sources.Stream {
	name := document.Value[string](own, "name")
	n := b.inherit(own)
	of := n.Get("files")
	if export := n.Get("export"); export != nil {
		b.Problem(export, "and files in one stream: either a job has the files, whose links stand in its answer, or a listing has")
	}
	keys := n.Without(append([]string{"files"}, ofFiles...)...)
	for _, name := range []string{"decode", "add"} {
		if at := of.Get("listing_" + name); at != nil {
			keys.Fields = append(keys.Fields, document.Member{Name: name, Line: at.Line, Column: at.Column, Value: at})
		}
	}
	listing := b.build(own, keys, nil)
	listing.Name, listing.Loaded.Hidden = name+" (listing)", true

	axis := filesAxis(of, listing)
	if axis == nil {
		return []*sources.Stream{listing} // the problem is told
	}
	files := n.Mapped(func(m document.Member) *document.Node {
		if slices.Contains(ofFiles, m.Name) || slices.Contains(ofBoth, m.Name) {
			return m.Value
		}
		return nil
	})
	if steps := of.Get("records"); steps != nil {
		files.Fields = append(files.Fields, document.Member{Name: "records", Line: steps.Line, Column: steps.Column, Value: steps})
	}
	return []*sources.Stream{listing, b.build(own, files, &listedBy{axis, axisNode(of)})}
}

// listedBy is what the records of files are read for.
type listedBy struct {
	axis *sources.PartitionSource
	node *document.Node // stands for it in messages
}

// filesAxis is what makes contexts of the records of a listing.
func filesAxis(n *document.Node, listing *sources.Stream) *sources.PartitionSource {
	axis := &sources.PartitionSource{Parent: listing.Name, Line: n.Line}
	if n.Shape == document.Map {
		axis.File, axis.Keys = document.Value[*expr.Template](n, "link"), paramsOf(n.Get("keys"))
		axis.When = document.Value[*expr.Template](n, "when")
	} else {
		axis.File, _ = n.Read.(*expr.Template) // what is wrong with it was said
	}
	if axis.File == nil {
		return nil
	}
	inc := listing.Incremental
	axis.ChangedOnly = inc != nil && inc.Windows.Format != "integer" && inc.Bookmark.IsZero()
	return axis
}

// axisNode stands for an entry of partition_by.
func axisNode(n *document.Node) *document.Node {
	item := &document.Node{Shape: document.Map, Line: n.Line, Column: n.Column, Parent: n.Parent, Step: n.Step}
	for _, name := range []string{"parent", "changed_only", "batch"} {
		item.Fields = append(item.Fields, document.Member{Name: name, Line: n.Line, Column: n.Column, Value: n})
	}
	return &document.Node{Shape: document.List, Line: n.Line, Column: n.Column, Parent: n.Parent, Step: n.Step, Items: []*document.Node{item}}
}

package catalog

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// Described is what discovery says of a stream.
type Described struct {
	Name              string
	Schema            json.RawMessage // an object; where it is none, one without properties stands for it
	KeyProperties     []string        // top-level fields
	ReplicationKey    string          // a top-level field, or ""
	ReplicationMethod string          // "": INCREMENTAL if there is a replication key, else FULL_TABLE
	SelectedByDefault bool
}

// The discovery document. The order of its keys is the order in which they are
// written: Meltano reads an entry in one go and needs schema before metadata.
type (
	singerEntry struct {
		TapStreamID       string           `json:"tap_stream_id"`
		Stream            string           `json:"stream"`
		Schema            json.RawMessage  `json:"schema"`
		KeyProperties     []string         `json:"key_properties"`
		ReplicationKey    string           `json:"replication_key,omitempty"`
		ReplicationMethod string           `json:"replication_method"`
		Metadata          []singerMetadata `json:"metadata"`
	}
	singerMetadata struct {
		Breadcrumb []string `json:"breadcrumb"`
		Metadata   any      `json:"metadata"`
	}
	singerStream struct {
		Inclusion               string   `json:"inclusion"`
		Selected                bool     `json:"selected"`
		SelectedByDefault       bool     `json:"selected-by-default"`
		TableKeyProperties      []string `json:"table-key-properties"`
		ValidReplicationKeys    []string `json:"valid-replication-keys,omitempty"`
		ForcedReplicationMethod string   `json:"forced-replication-method,omitempty"`
	}
	singerField struct {
		Inclusion string `json:"inclusion"`
	}
)

// AppendSinger appends the document that --discover prints: indented, the
// streams in the given order, and for each of them metadata for the stream and
// for every property of its schema, in the schema's order. Read back unchanged
// by [ParseSinger], it selects the streams that are selected by default, whole.
func AppendSinger(dst []byte, streams []Described) []byte {
	entries := make([]singerEntry, len(streams))
	for i := range streams {
		entries[i] = describe(&streams[i])
	}
	out := bytes.NewBuffer(dst)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	// It cannot fail: schemas are JSON by now, and the rest is made of strings.
	_ = enc.Encode(map[string][]singerEntry{"streams": entries})
	return out.Bytes()
}

func describe(d *Described) singerEntry {
	schema := d.Schema
	if !json.Valid(schema) || rootOf(schema).kind() != object {
		schema = json.RawMessage(`{"type":"object","properties":{}}`)
	}
	method := FullTable
	if d.ReplicationKey != "" {
		method = Incremental
	}
	keys := append([]string{}, d.KeyProperties...) // [], never null
	e := singerEntry{
		TapStreamID:       d.Name,
		Stream:            d.Name,
		Schema:            schema,
		KeyProperties:     keys,
		ReplicationKey:    d.ReplicationKey,
		ReplicationMethod: cmp.Or(d.ReplicationMethod, method),
	}
	root := singerStream{
		Inclusion:          "available",
		Selected:           d.SelectedByDefault,
		SelectedByDefault:  d.SelectedByDefault,
		TableKeyProperties: keys,
	}
	if d.ReplicationKey != "" {
		root.ValidReplicationKeys = []string{d.ReplicationKey}
	} else {
		root.ForcedReplicationMethod = e.ReplicationMethod // there is no other way to read it
	}
	l := lister{described: d, seen: make(map[string]bool)}
	l.list = append(l.list, singerMetadata{Breadcrumb: []string{}, Metadata: root})
	l.fields(nil, rootOf(schema), 1)
	e.Metadata = l.list
	return e
}

// lister collects the metadata of the properties of a schema.
type lister struct {
	described *Described
	list      []singerMetadata
	seen      map[string]bool // breadcrumbs: alternatives in a schema may share a property
}

// fields lists the properties of the schema at breadcrumb, which are depth deep
// in the record.
func (l *lister) fields(breadcrumb []string, schema value, depth int) {
	eachField(schema, 0, func(arrays int, name string, field value) {
		crumbs := slices.Clone(breadcrumb)
		for range arrays {
			crumbs = append(crumbs, "items")
		}
		crumbs = append(crumbs, "properties", name)
		if id := strings.Join(crumbs, "\x00"); !l.seen[id] {
			l.seen[id] = true
			l.list = append(l.list, singerMetadata{Breadcrumb: crumbs, Metadata: singerField{l.inclusion(name, depth)}})
		}
		l.fields(crumbs, field, depth+1)
	})
}

func (l *lister) inclusion(name string, depth int) string {
	if depth == 1 && (name == l.described.ReplicationKey || slices.Contains(l.described.KeyProperties, name)) {
		return "automatic"
	}
	return "available"
}

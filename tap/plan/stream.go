package plan

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/times"
)

// Stream is what a stream is in this run: what its definition says, with what
// the catalog makes of that. Once a pass is decided on, it does not change.
type Stream struct {
	Name           string
	Definition     *sources.Stream
	Entry          *catalog.Stream // in the catalog; nil: there is no catalog
	Keys           []string        // primary key, the catalog's before the definition's
	ReplicationKey string          // "" for a full table
	Clock          Clock           // zero for a full table
	Mask           *catalog.Mask   // what the catalog deselects; nil: nothing
	Chosen         bool            // fields that the catalog does not name are deselected
	Cached         json.RawMessage // the schema that was inferred in an earlier run; nil: none, or the definition has one
	Shape          string          // digest of the requests
	Range          Range           // that is read again; zero: the stream goes on from its bookmark
}

// NewStream returns a stream that is read as its catalog entry says. cached is
// the schema that was inferred for requests of its shape.
func NewStream(s *sources.Stream, entry *catalog.Stream, shape string, cached json.RawMessage) (*Stream, error) {
	one := &Stream{Name: s.Name, Definition: s, Entry: entry, Keys: s.Keys, ReplicationKey: s.ReplicationKey, Shape: shape, Cached: cached}
	incremental := s.Incremental != nil
	if entry != nil {
		if len(entry.KeyProperties) > 0 {
			one.Keys = entry.KeyProperties
		}
		if entry.ReplicationKey != "" {
			one.ReplicationKey = entry.ReplicationKey
		}
		switch entry.ReplicationMethod {
		case catalog.FullTable:
			incremental = false
		case catalog.Incremental:
			if !incremental {
				return nil, fmt.Errorf("catalog: stream %s: replication_method INCREMENTAL, but its definition has no \"incremental\": "+
					"add it there, or take FULL_TABLE", s.Name)
			}
		case catalog.LogBased:
			return nil, fmt.Errorf("catalog: stream %s: replication_method LOG_BASED does not exist for an HTTP API: take INCREMENTAL or FULL_TABLE", s.Name)
		}
	}
	if incremental {
		one.Clock = NewClock(s.Incremental)
	} else {
		one.ReplicationKey = ""
	}
	one.cut()
	return one, nil
}

// HasContexts reports whether the stream is read for several contexts.
func (s *Stream) HasContexts() bool { return len(s.Definition.PartitionBy) > 0 }

// FullTable reports whether the stream is read whole each time.
func (s *Stream) FullTable() bool { return s.Clock.Incremental == nil }

// SkipsUnchanged reports whether records of the lookback that did not change are
// left out.
func (s *Stream) SkipsUnchanged() bool {
	return s.Definition.Known.SkipUnchanged && len(s.Keys) > 0 && s.Clock.Timed() && s.Clock.Lookback != (times.Span{})
}

// MarksDeleted reports whether keys that are gone are marked.
func (s *Stream) MarksDeleted() bool {
	return s.Definition.Known.MarkDeleted && len(s.Keys) > 0 && s.FullTable()
}

// cut takes from the catalog which fields leave.
func (s *Stream) cut() {
	if s.Entry != nil {
		s.Chosen = s.Entry.Closed && s.Definition.Schema.OnNewField == sources.Evolve
		s.Mask = s.Entry.Mask.Keep(append([]string{s.ReplicationKey}, s.Keys...)...)
	}
}

// Choose makes the fields leave that the schema in a configured catalog names.
// Which others there are is known from the definition's schema or an inferred
// one: they are cut out, and fields that are new to both go by on_new_field.
// Where none is known, a field at the top of a record that is not chosen is
// taken for one that nobody wants, and not for a new one.
func (s *Stream) Choose() {
	known := s.Definition.Schema.Text
	if known == nil {
		known = s.Cached
	}
	if known != nil {
		s.Entry.Choose(known)
		s.cut()
		return
	}
	s.Chosen = namesFields(s.Entry.Schema) && s.Definition.Schema.OnNewField == sources.Evolve
}

// Schema returns the schema that the run begins with, and whose that is; nil
// where none is known. Deselected fields are cut out of it.
func (s *Stream) Schema() (doc json.RawMessage, whose string) {
	doc, whose = s.Definition.Schema.Text, "its schema"
	if doc == nil {
		doc, whose = s.Cached, "its cached schema"
	}
	if s.Entry != nil {
		if in := s.Entry.Schema; len(in) > 0 && string(in) != "{}" && (s.Definition.Schema.Text != nil || namesFields(in)) {
			doc, whose = in, "its schema in the catalog"
		}
	}
	if doc == nil {
		return nil, ""
	}
	doc = s.Mask.CutSchema(doc)
	if s.Chosen {
		doc = catalog.OpenInside(doc)
	}
	return doc, whose
}

// NewField is the stream's on_new_field: drop where the catalog chose the
// fields.
func (s *Stream) NewField() sources.Policy {
	if s.Chosen {
		return sources.Drop
	}
	return s.Definition.Schema.OnNewField
}

// namesFields reports whether a schema names any field: that of a stream in
// which discovery found no records does not, and says no more than none.
func namesFields(doc json.RawMessage) bool {
	var s struct{ Properties map[string]json.RawMessage }
	return json.Unmarshal(doc, &s) != nil || len(s.Properties) > 0
}

// ChangedOnly reports whether contexts that a pass does not visit are done all the same.
func (s *Stream) ChangedOnly() bool {
	return slices.ContainsFunc(s.Definition.PartitionBy, func(axis sources.PartitionSource) bool { return axis.ChangedOnly })
}

// ReadsFiles reports whether the contexts are files that records of a listing name.
func (s *Stream) ReadsFiles() bool {
	return slices.ContainsFunc(s.Definition.PartitionBy, func(axis sources.PartitionSource) bool { return axis.File != nil })
}

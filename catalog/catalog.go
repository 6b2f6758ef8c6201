package catalog

import (
	"encoding/json"
	"slices"
)

// The replication methods of a [Stream].
const (
	FullTable   = "FULL_TABLE"
	Incremental = "INCREMENTAL"
	LogBased    = "LOG_BASED"
)

// Stream is one entry of a catalog: what is wanted of a stream.
type Stream struct {
	ID   string // tap_stream_id; Name where the entry has none
	Name string // stream; ID where the entry has none

	// Schema is the JSON Schema of the records, as the catalog has it and with
	// the deselected fields still in it. Nil where the entry has none.
	Schema json.RawMessage

	KeyProperties     []string
	ReplicationKey    string
	ReplicationMethod string // FULL_TABLE, INCREMENTAL, LOG_BASED, or "": not said

	Selected bool
	Closed   bool  // fields that come later, and are new, are not wanted
	Mask     *Mask // the fields to cut; nil: none, and where the stream is not selected

	Generation *Generation // Airbyte's; nil: not said
}

// Catalog is what is wanted of an API.
type Catalog struct {
	Streams []*Stream // in the order of the file, no two with one ID

	// Configured says that it is one of Airbyte's: the schema of an entry
	// chooses fields, and a stream that does not exist fails by itself.
	Configured bool

	Digest string // of the file; "": it came from none
}

// Stream returns the entry whose ID is name, else the first whose Name is, and
// nil if there is none: the stream is not wanted.
func (c *Catalog) Stream(name string) *Stream {
	if i := slices.IndexFunc(c.Streams, func(s *Stream) bool { return s.ID == name }); i >= 0 {
		return c.Streams[i]
	}
	if i := slices.IndexFunc(c.Streams, func(s *Stream) bool { return s.Name == name }); i >= 0 {
		return c.Streams[i]
	}
	return nil
}

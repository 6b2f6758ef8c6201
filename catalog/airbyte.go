package catalog

import (
	"bytes"
	"encoding/json"
	"strconv"
)

const airbyteWayOut = "tap-rest discover --config FILE says what there is; each stream of it goes into \"stream\""

// Generation is what a configured catalog says of the sync that a stream is
// read in: numbers that the platform counts up.
type Generation struct {
	Sync    int64 // one id for all attempts of a sync
	Current int64 // of the records that come
	Least   int64 // records of earlier ones are deleted where they were loaded
}

// ParseAirbyte reads a configured catalog of Airbyte's. file is its name for
// errors, all of which are an *[Error].
//
// Every stream that it lists is selected. sync_mode full_refresh reads it
// whole; incremental reads it as its definition says, so it may be asked of any
// stream. A cursor_field counts where the source leaves it to the user, and so
// does a primary_key. The destination's part is not ours.
func ParseAirbyte(file string, data []byte) (*Catalog, error) {
	doc := bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if err := proveJSON(file, doc); err != nil {
		return nil, err
	}
	r := &reader{file: file, root: rootOf(doc)}
	c := &Catalog{Configured: true}
	found := false
	for key, v := range r.root.members() {
		if key == "streams" {
			found = true
			r.configured(c, v)
		}
	}
	if !found {
		r.fail(r.root, `a configured catalog is an object with a list "streams": %s`, airbyteWayOut)
	}
	if r.err != nil {
		return nil, r.err
	}
	return c, nil
}

// configured reads the list of streams.
func (r *reader) configured(c *Catalog, list value) {
	if list.kind() != array {
		r.fail(list, "must be a list of streams, not %s: %s", list.kind(), airbyteWayOut)
	}
	for _, v := range list.elements() {
		s := r.configuredStream(v)
		if c.Stream(s.ID) != nil {
			r.fail(v, "the stream %q is configured twice: take one out", s.ID)
		}
		c.Streams = append(c.Streams, s)
	}
}

// offer is what a source says of a stream, as the catalog hands it back.
type offer struct {
	cursor bool     // source_defined_cursor
	keys   []string // source_defined_primary_key
}

func (r *reader) configuredStream(v value) *Stream {
	s := &Stream{Selected: true}
	var offered offer
	var cursor, keys []string
	mode := false
	for key, member := range v.members() {
		switch key {
		case "stream":
			offered = r.offeredStream(s, member)
		case "sync_mode":
			s.ReplicationMethod, mode = r.syncMode(member), true
		case "cursor_field":
			cursor = r.texts(member)
		case "primary_key":
			keys = r.keyPaths(member)
		case "sync_id":
			s.generation().Sync = r.whole(member)
		case "generation_id":
			s.generation().Current = r.whole(member)
		case "minimum_generation_id":
			s.generation().Least = r.whole(member)
		}
	}
	switch {
	case s.ID == "":
		r.fail(v, `has no "stream" with a "name": %s`, airbyteWayOut)
	case !mode:
		r.fail(v, `has no "sync_mode": use full_refresh or incremental`)
	}
	if s.KeyProperties = offered.keys; len(offered.keys) == 0 {
		s.KeyProperties = keys
	}
	if !offered.cursor && len(cursor) == 1 {
		s.ReplicationKey = cursor[0]
	}
	return s
}

// generation returns the stream's numbers, and makes them if need be.
func (s *Stream) generation() *Generation {
	if s.Generation == nil {
		s.Generation = &Generation{}
	}
	return s.Generation
}

func (r *reader) offeredStream(s *Stream, v value) (o offer) {
	if v.kind() != object {
		r.fail(v, "must be a stream of the catalog, not %s: %s", v.kind(), airbyteWayOut)
	}
	for key, member := range v.members() {
		switch key {
		case "name":
			s.ID = r.text(member)
			s.Name = s.ID
		case "json_schema":
			if k := member.kind(); k != object && k != null {
				r.fail(member, "must be a JSON Schema, which is an object, not %s", k)
			} else if k == object {
				s.Schema = json.RawMessage(bytes.Clone(member.json()))
			}
		case "source_defined_cursor":
			o.cursor = r.choice(member) == yes
		case "source_defined_primary_key":
			o.keys = r.keyPaths(member)
		}
	}
	return o
}

// syncMode is the replication method that a sync mode stands for.
func (r *reader) syncMode(v value) string {
	switch mode := r.text(v); mode {
	case "full_refresh":
		return FullTable
	case "incremental":
		return "" // as the definition says
	default:
		r.fail(v, "%q is no sync mode: use full_refresh or incremental", mode)
		return ""
	}
}

// keyPaths reads the paths of a primary key. Fields further in are left out:
// keys lie at the top of a record.
func (r *reader) keyPaths(list value) (keys []string) {
	if k := list.kind(); k != array && k != null {
		r.fail(list, `must be a list of paths like [["id"]], or null, not %s`, k)
	}
	for _, v := range list.elements() {
		if path := r.texts(v); len(path) == 1 {
			keys = append(keys, path[0])
		}
	}
	return keys
}

// whole reads a whole number; null is 0.
func (r *reader) whole(v value) int64 {
	if v.kind() == null {
		return 0
	}
	n, err := strconv.ParseInt(string(v.json()), 10, 64)
	if err != nil {
		r.fail(v, "must be a whole number or null, not %s", v.json())
	}
	return n
}

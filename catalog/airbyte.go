package catalog

import (
	"bytes"
	"encoding/json"
	"slices"
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
				s.Schema = json.RawMessage(bytes.Clone(member.raw()))
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
	n, err := strconv.ParseInt(string(v.raw()), 10, 64)
	if err != nil {
		r.fail(v, "must be a whole number or null, not %s", v.raw())
	}
	return n
}

// Choose makes the fields of a known schema that the entry's own schema does
// not name be cut: whoever configures a stream leaves those out that nobody
// wants. A schema that names no field chooses none.
func (s *Stream) Choose(known json.RawMessage) {
	chosen := rootOf(s.Schema)
	if !namesFields(chosen) {
		return
	}
	s.Mask = unnamed(rootOf(known), chosen).Keep(s.KeyProperties...)
}

func namesFields(schema value) bool {
	found := false
	eachField(schema, 0, func(int, string, value) { found = true })
	return found
}

// unnamed returns the mask of the fields that known names and chosen does not.
// A field of which chosen says nothing but that it is there is whole.
func unnamed(known, chosen value) *Mask {
	in := map[string]value{}
	eachField(chosen, 0, func(_ int, name string, field value) { in[name] = field })
	m := &Mask{}
	eachField(known, 0, func(_ int, name string, field value) {
		inner, named := in[name]
		if !named {
			m.set(name, nil)
			return
		}
		if !namesFields(inner) {
			return
		}
		if sub := unnamed(field, inner); sub != nil {
			m.set(name, sub)
		}
	})
	return m.orNil()
}

// OpenInside returns a schema that takes more fields than it names in every
// object but the record itself.
func OpenInside(schema json.RawMessage) json.RawMessage {
	var at []int // behind the braces of schemas to be opened
	eachField(rootOf(schema), 0, func(_ int, _ string, field value) { at = closedIn(at, field) })
	slices.Sort(at)
	var open json.RawMessage
	from := 0
	for _, i := range slices.Compact(at) {
		open = append(append(open, schema[from:i]...), `"additionalProperties":true,`...)
		from = i
	}
	return append(open, schema[from:]...)
}

// closedIn appends where the schemas begin, in one and in the fields of it, that
// name fields and do not say what others are.
func closedIn(at []int, schema value) []int {
	named, more := false, false
	for key, v := range schema.members() {
		switch key {
		case "properties":
			named = true
		case "additionalProperties":
			more = true
		case "items", "anyOf", "oneOf", "allOf":
			at = closedIn(at, v)
			for _, each := range v.elements() {
				at = closedIn(at, each)
			}
		}
	}
	if named && !more {
		at = append(at, schema.at+1)
	}
	for name, v := range schema.members() {
		if name == "properties" {
			for _, field := range v.members() {
				at = closedIn(at, field)
			}
		}
	}
	return at
}

// The catalog that discovery hands out.
type (
	airbyteCatalog struct {
		Streams []airbyteStream `json:"streams"`
	}
	airbyteStream struct {
		Name                string          `json:"name"`
		JSONSchema          json.RawMessage `json:"json_schema"`
		SupportedSyncModes  []string        `json:"supported_sync_modes"`
		SourceDefinedCursor bool            `json:"source_defined_cursor"`
		DefaultCursorField  []string        `json:"default_cursor_field,omitempty"`
		PrimaryKey          [][]string      `json:"source_defined_primary_key,omitempty"`
		IsResumable         bool            `json:"is_resumable"`
	}
)

// AppendAirbyte appends the catalog of a CATALOG message, on one line. Every
// stream can be resumed, full refreshes too; what is new is the source's to say.
func AppendAirbyte(dst []byte, streams []Described) []byte {
	all := make([]airbyteStream, len(streams))
	for i := range streams {
		d := describe(&streams[i])
		s := airbyteStream{
			Name: d.Stream, JSONSchema: d.Schema, SupportedSyncModes: []string{"full_refresh"},
			SourceDefinedCursor: true, IsResumable: true,
		}
		if d.ReplicationMethod == Incremental {
			s.SupportedSyncModes = append(s.SupportedSyncModes, "incremental")
		}
		if d.ReplicationKey != "" {
			s.DefaultCursorField = []string{d.ReplicationKey}
		}
		for _, key := range d.KeyProperties {
			s.PrimaryKey = append(s.PrimaryKey, []string{key})
		}
		all[i] = s
	}
	out := bytes.NewBuffer(dst)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(airbyteCatalog{all}) // schemas are JSON by now, and the rest is made of strings
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

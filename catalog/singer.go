package catalog

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// maxDepth is how many fields a breadcrumb may lead through: records nest no
// deeper.
const maxDepth = 10_000

const wayOut = "tap-rest --config FILE --discover writes a catalog that works"

// ParseSinger reads a Singer catalog: what --catalog names and, in the same
// format, what the older --properties does. file is its name for errors, all of
// which are an *[Error].
//
// Fields are selected as the Singer SDK does it: not inside of what is
// deselected; never if unsupported; always if automatic, a key or the
// replication key; else as selected says, else as selected-by-default, else like
// what they are in. `selected` and `inclusion` are read from the metadata, and
// where it is silent from the schema itself.
//
// A stream is selected as its metadata, the entry or the schema says, in this
// order, else if it is automatic, else by default. An entry without metadata
// for the stream that says nothing is selected too, unless the file selects
// other streams in the entry or schema: then it is in the old style, where
// silence is no.
//
// Of two entries with one ID, and of two pieces of metadata for one field, the
// last counts. Fields of the metadata that the schema does not have count as if
// it had. An array that is selected while nothing in it is comes whole.
func ParseSinger(file string, data []byte) (*Catalog, error) {
	doc := bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if err := proveJSON(file, doc); err != nil {
		return nil, err
	}
	r := &reader{file: file, root: rootOf(doc)}
	c := r.catalog()
	if r.err != nil {
		return nil, r.err
	}
	return c, nil
}

// proveJSON returns an Error if doc is not JSON in UTF-8.
func proveJSON(file string, doc []byte) error {
	if len(bytes.TrimSpace(doc)) == 0 {
		return errorAt(file, doc, 0, "the file is empty: %s", wayOut)
	}
	if bytes.HasPrefix(doc, []byte("\xff\xfe")) || bytes.HasPrefix(doc, []byte("\xfe\xff")) {
		return errorAt(file, doc, 0, "the file is UTF-16, as some shells write it: save it as UTF-8")
	}
	var whole json.RawMessage
	if err := json.Unmarshal(doc, &whole); err != nil {
		at := 0
		if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
			at = int(syntax.Offset) - 1 // the byte that did not fit, or the last one
		}
		return errorAt(file, doc, at, "not JSON: %v: mend it here; %s", err, wayOut)
	}
	if !utf8.Valid(doc) {
		return errorAt(file, doc, raw.ValidUTF8(doc), "not UTF-8: save the file as UTF-8")
	}
	return nil
}

// reader reads the values of a catalog. Of the mistakes that it meets it keeps
// the first, and reads on as if nothing stood there.
type reader struct {
	file string
	root value
	err  error
}

func (r *reader) fail(v value, format string, args ...any) {
	if r.err != nil {
		return
	}
	err := errorAt(r.file, r.root.doc, v.at, format, args...)
	err.Place = placeOf(r.root, v.at)
	r.err = err
}

// entry is an entry of the catalog while it is read.
type entry struct {
	stream   *Stream
	selected choice // in the entry itself, where older catalogs have it
	rule     rule
	metadata *streamMetadata // nil: none at breadcrumb []
}

// streamMetadata is what metadata at breadcrumb [] says besides marks.
type streamMetadata struct {
	keys, viewKeys []string
	replicationKey string
	method, forced string
}

func (r *reader) catalog() *Catalog {
	var entries []*entry
	found := false
	for key, v := range r.root.members() {
		if key == "streams" {
			entries, found = r.entries(v), true
		}
	}
	if !found {
		r.fail(r.root, `a catalog is an object with a list "streams": %s`, wayOut)
	}
	oldStyle := slices.ContainsFunc(entries, (*entry).selectedOldStyle)
	c := &Catalog{}
	for _, e := range entries {
		c.Streams = append(c.Streams, e.resolve(oldStyle))
	}
	return c
}

func (r *reader) entries(list value) []*entry {
	if list.kind() != array {
		r.fail(list, "must be a list of streams, not %s: %s", list.kind(), wayOut)
	}
	var entries []*entry
	byID := make(map[string]int)
	for _, v := range list.elements() {
		e := r.entry(v)
		if i, double := byID[e.stream.ID]; double {
			entries[i] = e
			continue
		}
		byID[e.stream.ID] = len(entries)
		entries = append(entries, e)
	}
	return entries
}

func (r *reader) entry(v value) *entry {
	s := &Stream{}
	e := &entry{stream: s}
	if v.kind() != object {
		r.fail(v, "must be an object that describes a stream, not %s", v.kind())
	}
	for key, member := range v.members() {
		switch key {
		case "tap_stream_id":
			s.ID = r.name(member)
		case "stream":
			s.Name = r.name(member)
		case "schema":
			r.schema(e, member)
		case "key_properties":
			s.KeyProperties = r.texts(member)
		case "replication_key":
			s.ReplicationKey = r.text(member)
		case "replication_method":
			s.ReplicationMethod = r.method(member)
		case "selected":
			e.selected = r.choice(member)
		case "metadata":
			r.metadata(e, member)
		}
	}
	s.ID, s.Name = cmp.Or(s.ID, s.Name), cmp.Or(s.Name, s.ID)
	if s.ID == "" {
		r.fail(v, `has no "tap_stream_id": write the name of the stream there`)
	}
	return e
}

// selectedOldStyle reports whether the entry selects its stream in one of the
// places that were used before there was metadata.
func (e *entry) selectedOldStyle() bool {
	return e.selected == yes || e.rule.schema.selected == yes
}

// resolve puts together what the places of the entry say.
func (e *entry) resolve(oldStyle bool) *Stream {
	s := e.stream
	md := e.metadata
	if md == nil {
		md = &streamMetadata{}
	}
	if len(s.KeyProperties) == 0 {
		s.KeyProperties = md.keys
	}
	if len(s.KeyProperties) == 0 {
		s.KeyProperties = md.viewKeys
	}
	// In the metadata these two are the user's word: discovery does not write
	// them. What it does write is the entry and the forced method.
	s.ReplicationKey = cmp.Or(md.replicationKey, s.ReplicationKey)
	s.ReplicationMethod = cmp.Or(md.method, s.ReplicationMethod, md.forced)

	s.Selected = e.wanted(oldStyle)
	if s.Selected {
		s.Mask = e.rule.mask().Keep(s.KeyProperties...)
		if s.ReplicationKey != "" {
			s.Mask = s.Mask.Keep(s.ReplicationKey)
		}
	}
	return s
}

// wanted reports whether the stream is selected. Unlike for a field, selected
// false counts more than automatic: orchestrators write both at once for an
// entry that came without metadata.
func (e *entry) wanted(oldStyle bool) bool {
	silence := no
	if e.metadata == nil && !oldStyle {
		silence = yes
	}
	inclusion := unsaid
	switch e.rule.inclusion() {
	case "unsupported":
		return false
	case "automatic":
		inclusion = yes
	}
	md, schema := e.rule.metadata, e.rule.schema
	return cmp.Or(md.selected, e.selected, schema.selected, inclusion, md.byDefault, silence) == yes
}

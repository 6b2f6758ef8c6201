package draft

// Map is a mapping, in the order in which it is written.
type Map struct{ Entries []Entry }

// Entry is one key of a mapping.
type Entry struct {
	Key   string
	Value any    // string, bool, int, json.Number, *Map, []any of these; nil is null
	Note  string // evidence: a comment beside the line, above it where it is long
	Open  bool   // not proven: the entry is written as comment lines, and Note is its question
}

// Set says what key is, and why. A value that was set before is replaced,
// at the place where it stands.
func (m *Map) Set(key string, value any, note string) *Map {
	entry := Entry{Key: key, Value: value, Note: note}
	if at := m.find(key); at >= 0 {
		m.Entries[at] = entry
		return m
	}
	m.Entries = append(m.Entries, entry)
	return m
}

// Ask proposes a value that is not proven. A key may be asked for more than
// once, and stand there besides.
func (m *Map) Ask(key string, value any, question string) *Map {
	m.Entries = append(m.Entries, Entry{Key: key, Value: value, Note: question, Open: true})
	return m
}

// At returns the mapping under key, which is made if it is missing, or is no
// mapping.
func (m *Map) At(key string) *Map {
	if at := m.find(key); at >= 0 {
		if inner, isMap := m.Entries[at].Value.(*Map); isMap && inner != nil {
			return inner
		}
	}
	inner := new(Map)
	m.Set(key, inner, "")
	return inner
}

// Get returns what key was set to; nil where it was not.
func (m *Map) Get(key string) any {
	if at := m.find(key); at >= 0 {
		return m.Entries[at].Value
	}
	return nil
}

// find returns the index of the entry that says what key is; -1 for none.
func (m *Map) find(key string) int {
	for i := range m.Entries {
		if m.Entries[i].Key == key && !m.Entries[i].Open {
			return i
		}
	}
	return -1
}

// empty reports whether the mapping says nothing: all of it is asked, or there is
// nothing in it.
func (m *Map) empty() bool {
	for i := range m.entries() {
		if !m.Entries[i].asked() {
			return false
		}
	}
	return true
}

// entries are those of a mapping that may be nil.
func (m *Map) entries() []Entry {
	if m == nil {
		return nil
	}
	return m.Entries
}

// asked reports whether the entry is open, or a mapping all of which is.
func (e *Entry) asked() bool {
	inner, isMap := e.Value.(*Map)
	return e.Open || isMap && len(inner.entries()) > 0 && inner.empty()
}

// Definition is a definition under construction.
type Definition struct {
	Head []string // lines of comment at the top
	Root Map      // version, name, settings, client, streams …
	Left []string // what the source says and the definition cannot carry: "PLACE: what, and what to do"
}

// Questions is how many entries are open that ask something.
func (d *Definition) Questions() int { return questions(&d.Root) }

func questions(value any) (n int) {
	switch v := value.(type) {
	case *Map:
		for _, e := range v.entries() {
			if e.Open && e.Note != "" {
				n++
			}
			n += questions(e.Value)
		}
	case []any:
		for _, item := range v {
			n += questions(item)
		}
	}
	return n
}

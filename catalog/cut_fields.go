package catalog

import (
	"maps"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// Mask says which fields of a record leave. A nil Mask keeps all of them. A
// Mask does not change once it is made: any number of goroutines may use it.
type Mask struct {
	// fields holds the names that the mask has something to say about: nil drops
	// the field, anything else cuts what is inside it.
	fields map[string]*Mask
	// lengths has bit n%64 set where a name of n bytes is in fields: most keys of
	// a record are passed over by it alone.
	lengths uint64
}

// NewMask returns the mask that drops the fields at the given paths. A path is
// the names from the record down to the field; arrays do not count, so
// ["lines", "sku"] drops sku in every element of lines. It returns nil if there
// is nothing to drop.
func NewMask(drop [][]string) *Mask {
	m := &Mask{}
	for _, path := range drop {
		m.drop(path)
	}
	return m.orNil()
}

// drop adds a path while the mask is being made.
func (m *Mask) drop(path []string) {
	for i, name := range path {
		sub, found := m.fields[name]
		if found && sub == nil {
			return // what it is inside of is dropped already
		}
		if i == len(path)-1 {
			m.set(name, nil)
			return
		}
		if !found {
			sub = &Mask{}
			m.set(name, sub)
		}
		m = sub
	}
}

// set says what becomes of a field while the mask is being made.
func (m *Mask) set(name string, sub *Mask) {
	if m.fields == nil {
		m.fields = make(map[string]*Mask)
	}
	m.fields[name] = sub
	m.lengths |= 1 << (len(name) % 64)
}

// orNil returns m, and nil if it drops nothing.
func (m *Mask) orNil() *Mask {
	if len(m.fields) == 0 {
		return nil
	}
	return m
}

// clone returns a copy whose top level can be changed; m may be nil.
func (m *Mask) clone() *Mask {
	if m == nil {
		return &Mask{}
	}
	return &Mask{fields: maps.Clone(m.fields), lengths: m.lengths}
}

// Without returns a mask that drops the named top-level fields too, because
// something else takes their place. m may be nil.
func (m *Mask) Without(names ...string) *Mask {
	c := m.clone()
	for _, name := range names {
		c.set(name, nil)
	}
	return c.orNil()
}

// Keep returns a mask that leaves the named top-level fields whole, because
// they are keys. m may be nil.
func (m *Mask) Keep(names ...string) *Mask {
	c := m.clone()
	for _, name := range names {
		delete(c.fields, name)
	}
	return c.orNil()
}

// Drops reports whether the named top-level field is cut whole. m may be nil.
func (m *Mask) Drops(name string) bool {
	if m == nil {
		return false
	}
	sub, found := m.fields[name]
	return found && sub == nil
}

// Paths returns the paths of what the mask drops, as [NewMask] takes them, in
// no order. m may be nil.
func (m *Mask) Paths() (all [][]string) {
	if m == nil {
		return nil
	}
	for name, sub := range m.fields {
		if sub == nil {
			all = append(all, []string{name})
		}
		for _, path := range sub.Paths() {
			all = append(all, append([]string{name}, path...))
		}
	}
	return all
}

// lookup returns what the mask says about a key as it is written: found false
// for nothing, a nil sub for a field that is dropped.
func (m *Mask) lookup(key raw.Text) (sub *Mask, found bool) {
	name, plain := key.Plain()
	if !plain {
		for name, sub := range m.fields {
			if key.Is(name) {
				return sub, true
			}
		}
		return nil, false
	}
	if m.lengths&(1<<(len(name)%64)) == 0 {
		return nil, false
	}
	sub, found = m.fields[string(name)]
	return sub, found
}

// Append copies record, a proven JSON object, to dst without the masked fields,
// and adds extra before the closing brace: members rendered like `"a":1,"b":"x"`,
// or none. White space around a dropped member goes with it, every other byte
// stays as it came. Fields of one name are all dropped. Append allocates only to
// grow dst. What is no object is copied as it came.
func (m *Mask) Append(dst, record, extra []byte) []byte {
	open := raw.Text(record).AfterSpace(0)
	if open >= len(record) || record[open] != '{' {
		return append(dst, record...)
	}
	if m == nil {
		return appendExtra(dst, record, extra)
	}
	dst = append(dst, record[:open]...)
	dst, end := m.appendObject(dst, record, open, extra)
	return append(dst, record[end:]...)
}

// appendExtra copies record, an object, and adds extra before its last brace.
func appendExtra(dst, record, extra []byte) []byte {
	end := trimSpace(record, len(record))
	if len(extra) == 0 || record[end-1] != '}' {
		return append(dst, record...)
	}
	end--
	dst = append(dst, record[:end]...)
	if last := trimSpace(record, end); last > 0 && record[last-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, extra...)
	return append(dst, record[end:]...)
}

// trimSpace returns the least n for which b[n:end] is white space.
func trimSpace(b []byte, end int) int {
	for end > 0 && b[end-1] <= ' ' {
		end--
	}
	return end
}

// appendObject copies the object that starts at b[i] without the masked fields,
// with extra at its end. It returns dst and the index behind the object.
//
// Neighbours that stay are copied in one piece: from is where the bytes begin
// that are known to stay and are not copied yet.
func (m *Mask) appendObject(dst []byte, b raw.Text, i int, extra []byte) ([]byte, int) {
	from, kept := i, false
	for more := true; more; {
		start := i + 1 // behind the brace or comma
		key, value, ok := b.Member(start)
		if !ok {
			i = b.AfterSpace(start)
			break
		}
		sub, found := m.lookup(key)
		drop := found && sub == nil
		switch {
		case drop && kept:
			dst = append(dst, b[from:start-1]...)
		case drop:
			dst = append(dst, b[from:start]...)
		case found:
			dst = append(dst, b[from:value]...)
		}
		if found && !drop {
			dst, i = sub.appendValue(dst, b, value)
			from = i
		} else {
			i = b.AfterValue(value)
		}
		i = b.AfterSpace(i)
		more = i < len(b) && b[i] == ','
		if drop {
			from = i
			if more && !kept {
				from++ // the comma goes too: nothing stands before it
			}
		}
		kept = kept || !drop
	}
	if i >= len(b) || b[i] != '}' {
		return append(dst, b[from:]...), len(b) // not JSON
	}
	dst = append(dst, b[from:i]...)
	if kept && len(extra) > 0 {
		dst = append(dst, ',')
	}
	dst = append(dst, extra...)
	return append(dst, '}'), i + 1
}

// appendValue copies the value that starts at b[i] without the masked fields of
// the object that it is, or of the objects in the array that it is. It returns
// dst and the index behind the value.
func (m *Mask) appendValue(dst []byte, b raw.Text, i int) ([]byte, int) {
	if i < len(b) && b[i] == '{' {
		return m.appendObject(dst, b, i, nil)
	}
	if i < len(b) && b[i] == '[' {
		return m.appendArray(dst, b, i)
	}
	end := b.AfterValue(i)
	return append(dst, b[i:end]...), end
}

// appendArray is appendValue for an array. Arrays in arrays are counted and not
// descended into, so that the depth of calls is the mask's and not the data's.
func (m *Mask) appendArray(dst []byte, b raw.Text, i int) ([]byte, int) {
	from, depth := i, 0
	for i < len(b) {
		switch b[i] {
		case '{':
			dst = append(dst, b[from:i]...)
			dst, i = m.appendObject(dst, b, i, nil)
			from = i
			continue
		case '"':
			i = b.AfterString(i)
			continue
		case '[':
			depth++
		case ']':
			depth--
		}
		i++
		if depth == 0 {
			break
		}
	}
	return append(dst, b[from:i]...), i
}

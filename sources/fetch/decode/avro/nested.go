//go:build !small

package avro

import (
	"fmt"
	"strings"
)

// enter goes one level deeper.
func (v *values) enter(dst []byte) error {
	if v.depth++; v.depth > maxDepth {
		return errDeep
	}
	if len(dst) > v.limit {
		return errHuge
	}
	return nil
}

// fields appends a record.
func (v *values) fields(dst []byte, t *valueType) ([]byte, error) {
	if err := v.enter(dst); err != nil {
		return dst, err
	}
	if len(t.fields) == 0 {
		dst = append(dst, '{')
	}
	var err error
	for i := range t.fields {
		f := &t.fields[i]
		dst = append(dst, f.key...)
		if dst, err = v.value(dst, f.of); err != nil {
			return dst, inField(f.name, err)
		}
	}
	v.depth--
	return append(dst, '}'), nil
}

// array appends an array.
func (v *values) array(dst []byte, t *valueType) ([]byte, error) {
	if err := v.enter(dst); err != nil {
		return dst, err
	}
	dst, err := v.items(append(dst, '['), t.items, t.items.least, (*values).value)
	v.depth--
	return append(dst, ']'), err
}

// mapping appends a map.
func (v *values) mapping(dst []byte, t *valueType) ([]byte, error) {
	if err := v.enter(dst); err != nil {
		return dst, err
	}
	dst, err := v.items(append(dst, '{'), t.items, 1+t.items.least, (*values).entry)
	v.depth--
	return append(dst, '}'), err
}

// items appends what an array or a map holds, each by add. They come in groups, the
// last of which is empty.
func (v *values) items(dst []byte, of *valueType, least int, add func(*values, []byte, *valueType) ([]byte, error)) ([]byte, error) {
	for first := true; ; {
		g, err := v.group(least)
		if err != nil || g.count == 0 {
			return dst, err
		}
		for range g.count {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			if dst, err = add(v, dst, of); err != nil {
				return dst, err
			}
			if len(dst) > v.limit {
				return dst, errHuge
			}
		}
		if g.end >= 0 && g.end != v.at {
			return dst, fmt.Errorf("%d items end %d bytes behind the place that is written before them", g.count, v.at-g.end)
		}
	}
}

// entry appends a member of a map.
func (v *values) entry(dst []byte, of *valueType) ([]byte, error) {
	n, err := v.long()
	if err != nil {
		return dst, err
	}
	key, err := v.take(n)
	if err != nil {
		return dst, err
	}
	if dst, err = appendText(dst, key, v.limit); err != nil {
		return dst, fmt.Errorf("key of a map: %w", err)
	}
	return v.value(append(dst, ':'), of)
}

// misplaced is what is wrong with a value, and the fields that lead to it, from the
// innermost out.
type misplaced struct {
	path []string
	err  error
}

// inField adds a field to the place of an error.
func inField(name string, err error) error {
	if m, ok := err.(*misplaced); ok {
		m.path = append(m.path, name)
		return m
	}
	return &misplaced{path: []string{name}, err: err}
}

// Error names the field by its path, whose middle is left out where it is long.
func (m *misplaced) Error() string {
	const most = 16
	var b strings.Builder
	b.WriteString("field ")
	for i := len(m.path) - 1; i >= 0; i-- {
		if len(m.path) > most && i == len(m.path)-most/2 {
			b.WriteString("….")
			i = most / 2
			continue
		}
		b.WriteString(m.path[i])
		if i > 0 {
			b.WriteByte('.')
		}
	}
	fmt.Fprintf(&b, ": %v", m.err)
	return b.String()
}

func (m *misplaced) Unwrap() error { return m.err }

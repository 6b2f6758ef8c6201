package xml

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// schema is what a JSON Schema says of the types at a place. A nil schema says
// nothing.
type schema struct {
	types   file.Types
	members map[string]*member
	items   *schema
	last    *member // that was asked for last, or none
}

// member is one that has a schema.
type member struct {
	name string
	is   *schema
	next *member // that was asked for behind it the last time: records are much alike
}

// readSchema reads what matters here of a JSON Schema.
func readSchema(text json.RawMessage) (*schema, error) {
	if len(text) == 0 {
		return nil, nil
	}
	var wide struct {
		Type         file.Types
		Properties   map[string]json.RawMessage
		Items        json.RawMessage
		AnyOf, OneOf []json.RawMessage
	}
	if text = bytes.TrimSpace(text); !bytes.HasPrefix(text, []byte{'{'}) { // true, false
		return nil, nil
	}
	if err := json.Unmarshal(text, &wide); err != nil {
		return nil, fmt.Errorf("the schema of the stream: %w", err)
	}
	s := &schema{types: wide.Type, members: map[string]*member{}, last: new(member)}
	for name, text := range wide.Properties {
		m, err := readSchema(text)
		if err != nil {
			return nil, err
		}
		s.members[name] = &member{name: name, is: m}
	}
	items, err := readSchema(wide.Items) // a list of schemas, one for each place, says nothing
	if err != nil {
		return nil, err
	}
	s.items = items
	for _, text := range append(wide.AnyOf, wide.OneOf...) {
		one, err := readSchema(text)
		if err != nil {
			return nil, err
		}
		s.join(one)
	}
	return s, nil
}

// join adds what one of several schemas allows.
func (s *schema) join(one *schema) {
	if one == nil {
		return
	}
	s.types |= one.types
	for name, m := range one.members {
		if s.members[name] == nil {
			s.members[name] = m
		}
	}
	if s.items == nil {
		s.items = one.items
	}
}

func (s *schema) member(name string) *schema {
	if s == nil {
		return nil
	}
	if m := s.last.next; m != nil && m.name == name {
		s.last = m
		return m.is
	}
	m := s.members[name]
	if m == nil {
		return nil
	}
	s.last.next, s.last = m, m
	return m.is
}

func (s *schema) array() bool { return s != nil && s.types&file.Array != 0 }

// appendText appends text as what the schema says it is, or as text.
func (s *schema) appendText(dst, text []byte) []byte {
	if s != nil && s.types != 0 && s.types&file.Text == 0 {
		if word := bytes.Trim(text, " \t\r\n"); s.is(word) {
			return append(dst, word...)
		}
	}
	dst = append(dst, '"')
	dst = file.AppendEscaped(dst, text)
	return append(dst, '"')
}

// is reports whether a word is a value of a type that the schema allows.
func (s *schema) is(word []byte) bool {
	if len(word) == 0 {
		return false
	}
	c := word[0]
	switch {
	case c != '-' && (c < '0' || c > '9'):
		return s.types&file.Boolean != 0 && (string(word) == "true" || string(word) == "false")
	case s.types&file.Number == 0:
		return false
	}
	whole := c != '0' && c != '-' || len(word) == 1
	for _, c := range word {
		whole = whole && '0' <= c && c <= '9'
	}
	switch {
	case whole: // as almost always
		return true
	case s.types&file.Fraction != 0:
		return json.Valid(word)
	}
	return !bytes.ContainsAny(word, ".eE") && json.Valid(word)
}

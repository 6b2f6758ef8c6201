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
	types   map[string]bool
	members map[string]*schema
	items   *schema
}

// readSchema reads what matters here of a JSON Schema.
func readSchema(text json.RawMessage) (*schema, error) {
	if len(text) == 0 {
		return nil, nil
	}
	var wide struct {
		Type         json.RawMessage
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
	s := &schema{types: map[string]bool{}, members: map[string]*schema{}}
	s.addTypes(wide.Type)
	for name, text := range wide.Properties {
		m, err := readSchema(text)
		if err != nil {
			return nil, err
		}
		s.members[name] = m
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

func (s *schema) addTypes(text json.RawMessage) {
	var one string
	var many []string
	if json.Unmarshal(text, &one) == nil {
		many = []string{one}
	} else if json.Unmarshal(text, &many) != nil {
		return
	}
	for _, t := range many {
		s.types[t] = true
	}
}

// join adds what one of several schemas allows.
func (s *schema) join(one *schema) {
	if one == nil {
		return
	}
	for t := range one.types {
		s.types[t] = true
	}
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
	return s.members[name]
}

func (s *schema) array() bool { return s != nil && s.types["array"] }

// appendText appends text as what the schema says it is, or as text.
func (s *schema) appendText(dst, text []byte) []byte {
	if s != nil && len(s.types) > 0 && !s.types["string"] {
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
	number := word[0] == '-' || '0' <= word[0] && word[0] <= '9'
	switch {
	case !number:
		return s.types["boolean"] && (string(word) == "true" || string(word) == "false")
	case s.types["number"]:
		return json.Valid(word)
	}
	return s.types["integer"] && !bytes.ContainsAny(word, ".eE") && json.Valid(word)
}

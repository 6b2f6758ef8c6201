package call

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/tap-rest/tap-rest/sources/draft"
)

// ParseJSON reads JSON into values of a draft, in the order of the text. Of a key that
// stands twice the last value holds.
func ParseJSON(text []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	value, err := nextValue(dec, 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text behind the JSON")
	}
	return value, nil
}

// maxDepth is how deep values may lie in each other.
const maxDepth = 60

func nextValue(dec *json.Decoder, depth int) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, errors.New("JSON that is too deep")
	}
	switch token {
	case json.Delim('{'):
		m := new(draft.Map)
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			value, err := nextValue(dec, depth+1)
			if err != nil {
				return nil, err
			}
			m.Set(key.(string), value, "")
		}
		_, err = dec.Token()
		return m, err
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			value, err := nextValue(dec, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err = dec.Token()
		return list, err
	}
	return token, nil
}

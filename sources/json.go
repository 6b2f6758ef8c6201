package sources

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// parseJSON reads one JSON text into nodes, without lines.
func parseJSON(data []byte) (*node, error) {
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	dec.UseNumber()
	n, err := readJSON(dec, nil, "", 0)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON value")
	}
	return n, nil
}

func readJSON(dec *json.Decoder, parent *node, step string, depth int) (*node, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	n := &node{parent: parent, step: step, line: 1, column: 1}
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	switch v := token.(type) {
	case string:
		n.shape, n.text = isText, v
	case json.Number:
		n.shape, n.text = isNumber, v.String()
	case bool:
		n.shape, n.text = isBool, strconv.FormatBool(v)
	case json.Delim:
		return n, readMembers(dec, n, v, depth)
	}
	return n, nil
}

func readMembers(dec *json.Decoder, n *node, open json.Delim, depth int) error {
	n.shape = isMap
	if open == '[' {
		n.shape = isList
	}
	seen := map[string]int{}
	for dec.More() {
		step := fmt.Sprintf("[%d]", len(n.items))
		if n.shape == isMap {
			token, err := dec.Token()
			if err != nil {
				return err
			}
			step, _ = token.(string)
		}
		child, err := readJSON(dec, n, step, depth+1)
		if err != nil {
			return err
		}
		at, twice := seen[step]
		switch {
		case n.shape == isList:
			n.items = append(n.items, child)
		case twice:
			n.fields[at].value = child
		default:
			seen[step] = len(n.fields)
			n.fields = append(n.fields, member{name: step, value: child})
		}
	}
	_, err := dec.Token()
	return err
}

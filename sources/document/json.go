package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// ParseJSON reads one JSON text into nodes, without lines.
func ParseJSON(data []byte) (*Node, error) {
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

func readJSON(dec *json.Decoder, parent *Node, step string, depth int) (*Node, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	n := &Node{Parent: parent, Step: step, Line: 1, Column: 1}
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	switch v := token.(type) {
	case string:
		n.Shape, n.Text = Text, v
	case json.Number:
		n.Shape, n.Text = Number, v.String()
	case bool:
		n.Shape, n.Text = Bool, strconv.FormatBool(v)
	case json.Delim:
		return n, readMembers(dec, n, v, depth)
	}
	return n, nil
}

func readMembers(dec *json.Decoder, n *Node, open json.Delim, depth int) error {
	n.Shape = Map
	if open == '[' {
		n.Shape = List
	}
	seen := map[string]int{}
	for dec.More() {
		step := fmt.Sprintf("[%d]", len(n.Items))
		if n.Shape == Map {
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
		case n.Shape == List:
			n.Items = append(n.Items, child)
		case twice:
			n.Fields[at].Value = child
		default:
			seen[step] = len(n.Fields)
			n.Fields = append(n.Fields, Member{Name: step, Value: child})
		}
	}
	_, err := dec.Token()
	return err
}

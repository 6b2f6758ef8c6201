package config

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/tap-rest/tap-rest/sources/document"
)

func (f File) parseTOML() (*document.Node, error) {
	var tree map[string]any
	if err := toml.Unmarshal(f.Data, &tree); err != nil {
		var at toml.ParseError
		if errors.As(err, &at) { // its message may quote a secret
			return nil, fmt.Errorf("config %s: line %d: not TOML: a value that needs quotes, a key that stands twice, or a quote that is missing", f.Name, at.Position.Line)
		}
		return nil, fmt.Errorf("config %s: not TOML", f.Name)
	}
	n, ok := tomlNode(tree)
	if !ok {
		return nil, fmt.Errorf("config %s: inf and nan are no numbers of JSON", f.Name)
	}
	return n, nil
}

// tomlNode returns a value of TOML as a node, its keys in the order of their names; ok is
// false for a number that JSON does not have.
func tomlNode(v any) (n *document.Node, ok bool) {
	n, ok = &document.Node{Line: 1, Column: 1}, true
	switch v := v.(type) {
	case string:
		n.Shape, n.Text = document.Text, v
	case bool:
		n.Shape, n.Text = document.Bool, strconv.FormatBool(v)
	case int64:
		n.Shape, n.Text = document.Number, strconv.FormatInt(v, 10)
	case float64:
		n.Shape, n.Text = document.Number, strconv.FormatFloat(v, 'g', -1, 64)
		ok = !math.IsInf(v, 0) && !math.IsNaN(v)
	case time.Time:
		n.Shape, n.Text = document.Text, tomlTime(v)
	case map[string]any:
		n.Shape = document.Map
		for _, name := range slices.Sorted(maps.Keys(v)) {
			value, fine := tomlNode(v[name])
			ok = ok && fine
			n.Fields = append(n.Fields, document.Member{Name: name, Line: 1, Column: 1, Value: value})
		}
	case []any:
		return tomlList(v)
	case []map[string]any:
		list := make([]any, len(v))
		for i, one := range v {
			list[i] = one
		}
		return tomlList(list)
	}
	return n, ok
}

func tomlList(list []any) (n *document.Node, ok bool) {
	n, ok = &document.Node{Shape: document.List, Line: 1, Column: 1}, true
	for _, v := range list {
		item, fine := tomlNode(v)
		ok = ok && fine
		n.Items = append(n.Items, item)
	}
	return n, ok
}

// tomlTime writes a time as a JSON config would have it. The library tells times without a
// zone by the name of their location.
func tomlTime(t time.Time) string {
	switch t.Location().String() {
	case "date-local":
		return t.Format(time.DateOnly)
	case "time-local":
		return t.Format("15:04:05.999999999")
	case "datetime-local":
		return t.Format("2006-01-02T15:04:05.999999999")
	}
	return t.Format(time.RFC3339Nano)
}

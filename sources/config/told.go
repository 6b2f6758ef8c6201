package config

import (
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
)

// Told is a key of a config, as people are told of it.
type Told struct {
	Key   string `json:"key"`   // with points between keys in each other
	Value string `json:"value"` // JSON; *** of a secret
	From  string `json:"from"`  // file, variable or default
}

// Tell returns the keys that hold in a run, and where each came from; c is what Configure
// made of the input.
func (in *Input) Tell(d *sources.Definition, c *sources.Config) []Told {
	values, origins := in.resolve(d.Settings, func(string, ...any) {})
	t := &teller{from: origins, public: parsed(c.Public())}
	if source := values.Get("source"); source != nil {
		if source.Shape != document.Text || strings.Contains(source.Text, "\n") {
			source = &document.Node{Shape: document.Text, Text: "(the definition itself)"}
		}
		t.add("/source", source)
	}
	t.settings("", parsed(c.Values.AppendJSON(nil)))
	if run := values.Get("run"); run != nil {
		t.run(run)
	}
	return t.all
}

func parsed(text []byte) *document.Node {
	n, err := document.ParseJSON(text)
	if err != nil {
		return &document.Node{Shape: document.Map} // there are no settings
	}
	return n
}

// teller collects the keys.
type teller struct {
	from   origins
	public *document.Node // the settings that are no secrets
	all    []Told
}

// settings tells of the values in a map.
func (t *teller) settings(pointer string, n *document.Node) {
	for _, m := range n.Fields {
		at := pointer + raw.Step(m.Name)
		if m.Value.Shape == document.Map && len(m.Value.Fields) > 0 {
			t.settings(at, m.Value)
			continue
		}
		if seen := exactly(t.public, at); seen == nil || string(seen.AppendJSON(nil, true)) != string(m.Value.AppendJSON(nil, true)) {
			m.Value = &document.Node{Shape: document.Text, Text: "***"}
		}
		t.add(at, m.Value)
	}
}

// run tells of the options of the run.
func (t *teller) run(n *document.Node) {
	var visit func(pointer string, n *document.Node)
	visit = func(pointer string, n *document.Node) {
		if n.Shape != document.Map {
			if pointer == "/run/journal/identity" {
				n = &document.Node{Shape: document.Text, Text: "***"}
			}
			t.add(pointer, n)
		}
		for _, m := range n.Fields {
			visit(pointer+raw.Step(m.Name), m.Value)
		}
	}
	visit("/run", n)
}

func (t *teller) add(pointer string, n *document.Node) {
	key := strings.ReplaceAll(pointer[1:], "/", ".")
	t.all = append(t.all, Told{key, string(n.AppendJSON(nil, false)), t.from.exactly(pointer)})
}

// exactly returns the node at a pointer, nil where there is none.
func exactly(n *document.Node, pointer string) *document.Node {
	for _, step := range strings.Split(pointer, "/")[1:] {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		if n == nil {
			return nil
		}
		if i, err := strconv.Atoi(step); err == nil && n.Shape == document.List {
			if i >= len(n.Items) {
				return nil
			}
			n = n.Items[i]
			continue
		}
		n = n.Get(step)
	}
	return n
}

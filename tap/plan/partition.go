package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// Context is the values that pick a part of a stream. The zero Context is that of
// a stream that has none.
type Context struct {
	Value expr.Value // what templates see as partition: names to values
	Text  []byte     // it as JSON, names in their order; nil: none
	Hash  uint64     // of Text; 0: none
}

// Partition is a part of a stream that is walked by itself: a context and a
// window.
type Partition struct {
	Key     string
	Context Context
	Window  Window
	Vars    expr.Vars // what templates see: config, partition, now and window
}

// Partition returns the one partition that a pass reads of a stream.
func (d *Decision) Partition(s *Stream, config expr.Value) (p Partition, err error) {
	p.Vars = make(expr.Vars, sources.VarCount)
	p.Vars[sources.VarConfig] = config
	p.Vars[sources.VarNow] = expr.Time(d.Pass.AsOf)
	if !s.FullTable() {
		if p.Window, err = s.Clock.Lay(d.From, d.Lookback, d.Pass.AsOf, p.Vars); err != nil {
			return p, fmt.Errorf("%s: %w", s.Name, err)
		}
		p.Vars[sources.VarWindow] = p.Window.Value()
	}
	if d.Way == Replay {
		p.Key = d.Recorded.Layout.Partition
	} else {
		p.Key = key(s.Name, p.Window)
	}
	return p, nil
}

// StartAt returns the partition with another start of its window, as requests
// write it.
func (p Partition) StartAt(start expr.Value) Partition {
	p.Vars = slices.Clone(p.Vars)
	p.Window.Start = start
	p.Vars[sources.VarWindow] = p.Window.Value()
	return p
}

// key is the 128-bit key of stream, context and window.
func key(stream string, w Window) string {
	name, _ := json.Marshal(stream) // a string is always JSON
	text := append(name, `,{},`...)
	text = append(w.Start.AppendJSON(text), ',')
	text = w.End.AppendJSON(text)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

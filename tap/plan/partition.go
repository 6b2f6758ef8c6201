package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/state"
)

// Context is the values that pick a part of a stream. The zero Context is that of
// a stream that has none.
type Context struct {
	Value expr.Value // what templates see as partition: names to values
	Text  []byte     // it as JSON, names in their order; nil: none
	Hash  uint64     // of Text; 0: none
	Link  string     // of a file, as its listing had it last: it may be signed; "": as the context says
}

// link is where the file of the context is; undefined for a context that is none of a
// file.
func (c Context) link() expr.Value {
	if c.Link != "" {
		return expr.String(c.Link)
	}
	return c.Value.Get(sources.FileKey)
}

// Signed reports whether the context is a file whose link says more than the state may
// have: who reads it again asks the listing for another one.
func (c Context) Signed() bool {
	return c.Link != "" && c.Link != c.Value.Get(sources.FileKey).Text()
}

// Partition is a part of a stream that is walked by itself: a context and a
// window.
type Partition struct {
	Key     string
	Context Context
	Window  Window
	Vars    expr.Vars // what templates see: config, partition, now and window
}

// Vars is what templates see that look at no partition: config and now.
func (d *Decision) Vars(config expr.Value) expr.Vars {
	vars := make(expr.Vars, sources.VarCount)
	vars[sources.VarConfig] = config
	vars[sources.VarNow] = expr.Time(d.Pass.AsOf)
	return vars
}

// Only returns the partition of a stream that has one.
func (d *Decision) Only(s *Stream, config expr.Value) (Partition, error) {
	p, err := d.Part(s, Context{}, d.From, state.Window{}, config)
	if err == nil && d.Way == Replay {
		p.Key = d.Recorded.Layout.Partition
	}
	return p, err
}

// Part returns the partition of a context that goes on from a bookmark, nil for
// none. The zero window is all the time of the pass.
func (d *Decision) Part(s *Stream, ctx Context, from json.RawMessage, w state.Window, config expr.Value) (p Partition, err error) {
	p.Vars, p.Context = d.Vars(config), ctx
	if ctx.Text != nil {
		p.Vars[sources.VarPartition] = ctx.Value
		p.Vars[sources.VarLink] = ctx.link()
	}
	switch {
	case s.FullTable():
	case w != (state.Window{}):
		p.Window, err = s.Clock.WindowOf(w, from)
	default:
		p.Window, err = s.Clock.Lay(from, d.Lookback, d.Pass.AsOf, p.Vars)
	}
	if err != nil {
		return p, fmt.Errorf("%s: %w", s.Name, err)
	}
	if !s.FullTable() {
		p.Vars[sources.VarWindow] = p.Window.Value()
	}
	p.Key = key(s.Name, ctx, p.Window)
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
func key(stream string, ctx Context, w Window) string {
	text, _ := json.Marshal(stream) // a string is always JSON
	text = append(text, ',')
	if ctx.Text == nil {
		text = append(text, "{}"...)
	}
	text = append(append(text, ctx.Text...), ',')
	text = append(w.Start.AppendJSON(text), ',')
	text = w.End.AppendJSON(text)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

package certificate

import (
	"fmt"
	"log/slog"
	"slices"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/distinct"
)

// Gatherer gathers the certificate of a walk from its pages and their keys. It is
// used from one goroutine.
type Gatherer struct {
	of    Partition
	keys  *distinct.Counter // nil: nobody counts them
	walk  Walk
	open  bool // a page is under way, of which pieces have come
	moved int64
	log   *slog.Logger
	name  string // of the stream
}

// New returns the gatherer of a walk over a partition of a stream. Without a pool,
// keys are not counted.
func New(stream string, of Partition, keys *distinct.Pool, log *slog.Logger) *Gatherer {
	g := &Gatherer{of: of, log: log, name: stream}
	if keys != nil {
		g.keys = keys.Counter()
	}
	return g
}

// Page says that a page begins. Pieces of a page may begin one by one.
func (g *Gatherer) Page(page *fetch.Page) {
	if g.open {
		return
	}
	g.open = true
	switch {
	case page.Begins:
		g.forget()
		g.walk.FromPage = 1
	case g.walk.FromPage == 0: // an earlier run read those before
	case !page.Follows:
		g.walk.Back = true
	}
}

// forget begins anew: the walk starts over.
func (g *Gatherer) forget() {
	g.walk, g.moved = Walk{}, 0
	g.drop()
}

// Key takes the key of a record, by its number and its text.
func (g *Gatherer) Key(key uint64, text []byte) {
	if g.keys == nil {
		return
	}
	if g.keys.Came() == 0 {
		g.walk.Keys.First = string(text)
	}
	g.keys.Add(key)
}

// PageEnds takes what a page says of the walk, and returns the certificate with
// the last one; nil before. last is the text of the last key.
func (g *Gatherer) PageEnds(page *fetch.Page, last []byte) *Walk {
	g.open = false
	if g.walk.FromPage == 0 {
		g.walk.FromPage = max(1, page.Next.Pages)
		if page.Last {
			g.walk.FromPage = page.Proof.Pages
		}
	}
	for _, text := range page.Remarks {
		if !slices.Contains(g.walk.Signs, text) {
			g.walk.sign(text)
		}
	}
	g.walk.Unchanged += int64(page.Unchanged)
	if page.Moved {
		g.moved++
	}
	if !page.Last {
		return nil
	}
	return g.end(page, last)
}

func (g *Gatherer) end(page *fetch.Page, last []byte) *Walk {
	w := g.walk
	w.Partition, w.Proof = g.of, page.Proof
	if g.moved > 0 {
		w.sign(fmt.Sprintf("the API's own total changed on %d of its pages while they were read", g.moved))
	}
	g.count(&w.Keys, last)
	w.judgeKeys()
	g.forget()
	return &w
}

// count counts the different keys.
func (g *Gatherer) count(k *Keys, last []byte) {
	if k.Unknown = g.keys == nil; k.Unknown {
		return
	}
	var err error
	if k.Came = g.keys.Came(); k.Came > 0 {
		k.Last = string(last)
	}
	if k.Distinct, err = g.keys.Distinct(); err != nil {
		k.Unknown = true
		g.log.Warn("the keys of a walk were too many for memory, and could not be kept on disk: the certificate does not say whether one came twice",
			"stream", g.name, "why", err.Error())
	}
}

// Close gives back what the keys take of memory and disk.
func (g *Gatherer) Close() { g.drop() }

func (g *Gatherer) drop() {
	if g.keys == nil {
		return
	}
	if err := g.keys.Reset(); err != nil {
		g.log.Warn("the file of a walk's keys could not be removed: it can be deleted", "stream", g.name, "why", err.Error())
	}
}

package fetch

import (
	"context"
	"fmt"

	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/records"
	"github.com/tap-rest/tap-rest/state/journal"
)

// Recorded reports whether the journal has the page.
func (p *Page) Recorded() bool { return p.kept != nil }

// Key is where the journal has the page, nil where it does not.
func (p *Page) Key() *journal.Key {
	if p.kept == nil {
		return nil
	}
	return &p.kept.key
}

// PlaceSize is about the memory that a spooled page takes, in bytes.
const PlaceSize = 1 << 10

// Held is about the memory that a page takes, in bytes: that of a long one as
// if its body were in memory, until it is spooled.
func (p *Page) Held() int64 {
	const record = 88
	switch {
	case p.Spooled():
		return PlaceSize
	case p.Body.Long(): // it is on disk, where it takes room all the same
		return PlaceSize + p.Body.Held() + p.Wire
	case p.pieces != nil:
		return PlaceSize + p.Body.Held()
	}
	return PlaceSize + p.Body.Held() + int64(p.Records.Len())*record
}

// Spool gives a recorded page's memory back, until Reload.
func (p *Page) Spool() {
	p.Release()
	p.Records, p.proven, p.Header, p.url = nil, nil, nil, nil
}

// Spooled reports whether a page must be reloaded before it is read.
func (p *Page) Spooled() bool { return p.Recorded() && p.Records == nil }

// Reload reads a spooled page back. It may be called from another goroutine
// than the walk's, with a splitter of its own.
func (c *Client) Reload(ctx context.Context, j *journal.Journal, p *Page, s Splitter) error {
	var share *body.Share
	if p.whole {
		share = c.Back.Wait(ctx, c.Gate.Closed(), 2*body.Max)
	}
	ex, err := c.archive().read(stored{j, p.kept.place}, p.kept.under, c.Back, share)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrJournal, err)
	}
	p.Body, p.Header, p.Records = ex.Body, ex.Header, records.None{}
	switch {
	case p.Body.Long():
		err = p.reloadLong(s)
	case p.ruling.Empty:
	case p.pieces != nil: // they are as many as they were
		p.Records = p.pieces
	default:
		p.Records, err = s.Split(p.Body.Text)
	}
	if err != nil {
		p.Release()
		return fmt.Errorf("%w: %w", ErrJournal, err)
	}
	return nil
}

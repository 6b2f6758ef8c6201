package fetch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/fetch/uri"
	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/state/journal"
)

// Recording is where the exchanges of a walk are kept: the walk asks it before
// it asks the API.
type Recording struct {
	Journal   *journal.Journal
	Pass      string
	Partition string
	// Only forbids requests: what the journal does not hold is ErrNotRecorded.
	Only bool
}

// What a replay would have to ask the API for. Both are in an *Error that names
// the request.
var (
	ErrNotRecorded  = errors.New("the journal does not hold this request")
	ErrOtherRequest = errors.New("the journal holds another request in the place of this one")
)

// ErrJournal wraps what keeps an exchange from being recorded or read back.
var ErrJournal = errors.New("journal")

// Why an exchange cannot be kept without its secrets.
var (
	errUnkept     = errors.New("it holds a secret, and text like the mark that would stand for one: a run that goes on asks for it again")
	errUnkeptLong = fmt.Errorf("it holds a secret, which is cut out only of answers up to %d MiB: a run that goes on asks for it again", MaxBody>>20)
)

// Headers of exchanges on disk that the API did not send. A body that held
// secrets is kept decoded, with the secrets sealed.
const (
	sealedHeader = "Tap-Rest-Sealed"
	urlHeader    = "Tap-Rest-Url" // what was answered, after redirects
)

func (r *Recording) key(page int64) journal.Key {
	return journal.Key{
		Pass: r.Pass, Partition: r.Partition, Generation: r.Journal.Generation(r.Pass, r.Partition), N: int(page),
	}
}

// digest tells requests apart, whatever the secrets in them are; former asks for
// that of a version which numbered secrets.
func (w *Walk) digest(out *outgoing, former bool) (sum [16]byte) {
	h := sha256.New()
	at := *out.URL
	at.RawQuery = out.Former
	parts := []string{out.Method, at.String(), string(out.Body)}
	for _, name := range slices.Sorted(maps.Keys(out.Header)) {
		if name != "User-Agent" { // another version of this program asks for the same
			parts = append(parts, name, strings.Join(out.Header[name], ", "))
		}
	}
	for _, part := range parts {
		if w.client.Secrets.In(part) {
			if sealed, ok := w.client.Secrets.Digest(part, former); ok {
				part = sealed
			}
		}
		fmt.Fprintf(h, "%d:%s,", len(part), part)
	}
	copy(sum[:], h.Sum(nil))
	return sum
}

// recall returns the page that the journal holds for a request, or why there is
// none.
func (w *Walk) recall(ctx context.Context, out *outgoing) (*Page, error) {
	if w.rec == nil {
		return nil, ErrNotRecorded
	}
	key := w.rec.key(w.pager.Position().Pages)
	place, digest, ok := w.rec.Journal.Lookup(key)
	switch {
	case !ok:
		return nil, ErrNotRecorded
	case digest != out.digest && digest != w.digest(out, true):
		return nil, w.other(place)
	}
	page, err := w.recallAt(ctx, place, out)
	if err != nil {
		w.setPage()
		w.distrust(key, out, err)
		return nil, fmt.Errorf("the answer in the journal: %w", err)
	}
	page.Recalled = true
	w.counters.Recalled.Add(1)
	return page, nil
}

// other says which request the journal holds, where a replay stops at that.
func (w *Walk) other(place journal.Place) error {
	if !w.rec.Only {
		return ErrOtherRequest
	}
	kept, err := w.rec.Journal.Read(place, w.client.bodies.take())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrOtherRequest, err)
	}
	w.client.bodies.give(kept.Body)
	return fmt.Errorf("%w: %s", ErrOtherRequest, kept.Request)
}

// distrust is for an exchange that is not what it should be.
func (w *Walk) distrust(key journal.Key, out *outgoing, err error) {
	if w.rec.Only {
		return // it ends the replay, and may serve another definition
	}
	w.client.Log.Warn("an exchange in the journal is not what it should be: it is asked for again",
		"stream", w.stream.Name, "request", out.Shown, "why", w.hide(err).Error())
	w.reject(key)
}

// reject says that an exchange is not to be served again. Where that cannot be
// written down, the next run finds out as this one did.
func (w *Walk) reject(key journal.Key) {
	if err := w.rec.Journal.Reject(key); err != nil {
		w.client.Log.Warn("the journal does not say so: the next run finds out as this one did", "why", err.Error())
	}
}

func (w *Walk) recallAt(ctx context.Context, place journal.Place, out *outgoing) (*Page, error) {
	var hold *share
	if w.whole {
		hold = w.client.Ahead.wait(ctx, w.client.Gate.Closed(), 2*MaxBody)
	}
	ex, err := w.client.read(w.rec.Journal, place, out, w.text, w.client.Ahead, hold)
	if err != nil {
		return nil, err
	}
	v := w.judge(ex, nil)
	if v.page == nil {
		w.client.done(ex)
		return nil, v.err
	}
	if err := w.advance(v.page); err != nil {
		w.client.done(ex)
		return nil, err
	}
	v.page.place, v.page.recorded, v.page.key = place, true, w.rec.key(w.pager.Position().Pages)
	v.page.Attempts = ex.Attempts
	v.page.release = func() { w.client.done(ex) }
	return v.page, nil
}

// read reads an exchange back, as if it had just come. hold is the room that its
// body has already, nil for none.
func (c *Client) read(j *journal.Journal, place journal.Place, out *outgoing, text []string, room *Room, hold *share) (*Exchange, error) {
	kept, size, short, hold, err := c.readKept(j, place, room, hold)
	if err != nil {
		hold.give()
		return nil, err
	}
	ex := &Exchange{
		Request: kept.Request, Status: kept.Status, Header: kept.Header, Body: kept.Body, Wire: size,
		At: kept.At, Took: kept.Took, RequestID: c.requestID(kept.Header), Attempts: kept.Attempts, text: text,
		share: hold,
	}
	if out != nil {
		ex.url = out.URL
	}
	if err := c.unpack(ex, j, place, room, short); err != nil {
		ex.share.give()
		return nil, err
	}
	ex.share.trim(int64(cap(ex.Body)))
	return ex, nil
}

// unpack makes an exchange that was read back what it was: with the URL that was
// answered, its secrets, and its body decoded.
func (c *Client) unpack(ex *Exchange, j *journal.Journal, place journal.Place, room *Room, short bool) (err error) {
	raw, header := ex.Body, ex.Header
	if at := header.Get(urlHeader); at != "" {
		open, ok := c.Secrets.Open(at)
		if !ok {
			return secret.ErrSealed
		}
		if ex.url, err = uri.Parse(open); err != nil {
			return err
		}
	}
	if header.Get(sealedHeader) != "" {
		return c.unseal(ex)
	}
	encoded := layers(ex.text, header)
	if short && len(encodings(encoded)) > 0 {
		ex.Body, err = c.expand(ex, room, raw, encoded, false)
		c.wires.give(raw)
	}
	if !short || errors.Is(err, errTooLarge) {
		c.bodies.give(ex.Body)
		ex.share.give()
		ex.Body, ex.long, err = nil, c.fromJournal(j, place, encoded), nil
	}
	return err
}

// readKept reads an exchange, whose body came in so many bytes: without that
// where it is not short, or there is no room for it.
func (c *Client) readKept(j *journal.Journal, place journal.Place, room *Room, hold *share) (kept *journal.Exchange, size int64, short bool, held *share, err error) {
	kept, body, err := j.Stream(place)
	if err != nil {
		return nil, 0, false, hold, err
	}
	// One that holds marks was short before its secrets were sealed.
	sealed := kept.Header.Get(sealedHeader) != ""
	size, short = body.Size(), body.Size() <= MaxBody || sealed
	if short && size > inDoubt && hold == nil {
		hold = room.try(size)
		short = hold != nil || sealed
	}
	if short {
		kept.Body, err = body.Append(c.wires.take())
	}
	return kept, size, short, hold, errors.Join(err, body.Close())
}

// unseal puts the secrets of an answer back.
func (c *Client) unseal(ex *Exchange) error {
	sealed := ex.Header
	ex.Header = http.Header{}
	all := true
	open := func(text string) string {
		text, ok := c.Secrets.Open(text)
		all = all && ok
		return text
	}
	for name, values := range sealed {
		for _, v := range values {
			ex.Header.Add(name, open(v))
		}
	}
	ex.Body = []byte(open(string(ex.Body)))
	if !all {
		return secret.ErrSealed
	}
	return nil
}

// record writes a proven page's exchange down, before a record of it leaves.
// One that cannot be kept, nor what lies behind it, is asked for again by a run
// that goes on from before it.
func (w *Walk) record(out *outgoing, page *Page) error {
	if w.rec == nil {
		return nil
	}
	err := w.write(out, page)
	if errors.Is(err, errUnkept) || errors.Is(err, errUnkeptLong) || errors.Is(err, journal.ErrLongHead) {
		w.client.Log.Warn("an answer is not kept in the journal", "stream", w.stream.Name, "request", out.Shown, "why", err.Error())
		return nil
	}
	return err
}

func (w *Walk) write(out *outgoing, page *Page) error {
	e := &journal.Exchange{
		Key: w.rec.key(w.pager.Position().Pages), At: page.At, Took: page.Took, Request: page.Request, Digest: out.digest,
		Status: page.Status, Header: page.Header.Clone(), Body: page.wire, Attempts: page.Attempts, Records: page.Count(),
	}
	e.Header.Del(sealedHeader) // strangers may send what is ours
	e.Header.Del(urlHeader)
	e.Header.Del("Set-Cookie") // a credential, and of a session that a later run does not have
	if page.url.String() != out.URL.String() {
		if err := w.keepURL(e.Header, page); err != nil {
			return err
		}
	}
	if err := w.client.sealExchange(e, page); err != nil {
		return err
	}
	place, err := w.append(e, page.long)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrJournal, err)
	}
	page.place, page.recorded, page.key = place, true, e.Key
	if page.long != nil && !page.long.many {
		page.long.recorded(w.rec.Journal, place)
	}
	return nil
}

// append records an exchange, whose body may be long.
func (w *Walk) append(e *journal.Exchange, l *long) (journal.Place, error) {
	if l != nil && l.draft != nil {
		return w.rec.Journal.AppendDraft(e, l.draft)
	}
	return w.rec.Journal.Append(e)
}

func (w *Walk) keepURL(h http.Header, page *Page) error {
	sealed, ok := w.client.Secrets.Seal(page.url.String())
	if !ok {
		return errUnkept
	}
	h.Set(urlHeader, sealed)
	return nil
}

// sealExchange takes the secrets out of an answer that echoes them.
func (c *Client) sealExchange(e *journal.Exchange, page *Page) error {
	held := c.Secrets.InBody(page.Body) || page.long != nil && page.long.secret
	for name, values := range e.Header {
		for _, v := range values {
			held = held || name != urlHeader && c.Secrets.In(v)
		}
	}
	switch {
	case !held:
		return nil
	case page.long != nil && !page.long.many:
		return errUnkeptLong
	}
	body, ok := c.Secrets.Seal(string(page.Body))
	for name, values := range e.Header {
		for i, v := range values {
			if name == urlHeader {
				continue // it is sealed
			}
			var sealed bool
			values[i], sealed = c.Secrets.Seal(v)
			ok = ok && sealed
		}
	}
	if !ok {
		return errUnkept
	}
	e.Header.Del("Content-Encoding")
	e.Header.Set(sealedHeader, "1")
	e.Body = []byte(body)
	return nil
}

// Recorded reports whether the journal has the page.
func (p *Page) Recorded() bool { return p.recorded }

// Key is where the journal has the page, nil where it does not.
func (p *Page) Key() *journal.Key {
	if !p.recorded {
		return nil
	}
	return &p.key
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
	case p.long != nil && p.long.many:
		return PlaceSize + int64(cap(p.Body))
	case p.long != nil: // its body is on disk, where it takes room all the same
		return PlaceSize + int64(cap(p.Body)) + p.Wire
	}
	return PlaceSize + int64(cap(p.Body)) + int64(p.Records.Len())*record
}

// Spool gives a recorded page's memory back, until Reload.
func (p *Page) Spool() {
	p.Release()
	p.Body, p.Records, p.Header, p.url = nil, nil, nil, nil
}

// Spooled reports whether a page must be reloaded before it is read.
func (p *Page) Spooled() bool { return p.recorded && p.Records == nil }

// Reload reads a spooled page back. It may be called from another goroutine
// than the walk's, with a splitter of its own.
func (c *Client) Reload(ctx context.Context, j *journal.Journal, p *Page, s Splitter) error {
	var hold *share
	if p.whole {
		hold = c.Back.wait(ctx, c.Gate.Closed(), 2*MaxBody)
	}
	ex, err := c.read(j, p.place, nil, p.text, c.Back, hold)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrJournal, err)
	}
	p.Body, p.Header, p.Records = ex.Body, ex.Header, none{}
	p.release = func() { ex.Body = p.Body; c.done(ex) }
	switch {
	case ex.long != nil:
		if p.long == nil || p.long.many {
			p.long = ex.long
		}
		err = p.reloadLong(s)
	case p.ruling.Empty:
	case p.long != nil: // they are as many as they were
		p.Records = p.long
	default:
		p.Records, err = s.Split(ex.Body)
	}
	if err != nil {
		p.Release()
		return fmt.Errorf("%w: %w", ErrJournal, err)
	}
	return nil
}

package fetch

import (
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/recorded"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/state/journal"
)

// lookup finds the exchange that the journal holds for a request.
func (r *recorder) lookup(out *outgoing) (journal.Place, error) {
	if r.Recording == nil {
		return journal.Place{}, ErrNotRecorded
	}
	place, digest, ok := r.Journal.Lookup(r.keyOf(out))
	switch {
	case !ok:
		return place, ErrNotRecorded
	case digest == journal.Asked:
		return place, errNoAnswer
	case digest == out.digest || digest == r.digest(out, true):
		return place, nil
	case !r.Only:
		return place, ErrOtherRequest
	}
	e, in, err := r.Journal.Stream(place)
	if err != nil {
		return place, fmt.Errorf("%w: %w", ErrOtherRequest, err)
	}
	_ = in.Close() // only its head says which request it is
	return place, fmt.Errorf("%w: %s", ErrOtherRequest, e.Request)
}

// distrust sees to it that an exchange is not served again which is not what it
// should be: in a replay, which that ends, it may serve another definition.
func (r *recorder) distrust(out *outgoing, why error) {
	if r.only() {
		return
	}
	r.log.Warn("an exchange in the journal is not what it should be: it is asked for again",
		"stream", r.stream, "request", out.Shown, "why", why.Error())
	r.reject(out, out.n)
}

// read reads an exchange back, as if it had just come: its body has a share of
// the room already, nil for none. Its URL is nil where no redirect led to
// another than was asked.
func (a archive) read(at stored, under body.Layers, room *body.Room, share *body.Share) (*Exchange, error) {
	e, in, err := at.journal.Stream(at.place)
	if err != nil {
		share.Give()
		return nil, err
	}
	// One that holds marks was short before its secrets were sealed.
	from := &body.Stored{Place: at, Size: in.Size(), Append: in.Append, Whole: e.Header.Get(recorded.SealedHeader) != "" || e.Header.Get(recorded.UnchangedHeader) != ""}
	if !from.Whole {
		from.Layers = under.Answering(e.Status, e.Header)
	}
	text, err := a.bodies.Recall(from, room, share)
	if err = errors.Join(err, in.Close()); err != nil {
		text.Release()
		return nil, err
	}
	ex := &Exchange{
		Request: e.Request, Status: e.Status, Header: e.Header, Body: text, Wire: in.Size(),
		At: e.At, Took: e.Took, RequestID: requestID(e.Header, a.secrets), Attempts: e.Attempts,
	}
	ex.readUnchanged(e.Digest)
	if err := a.open(ex); err != nil {
		text.Release()
		return nil, err
	}
	return ex, nil
}

// open puts the secrets of an exchange back that was read back, and the URL that
// answered.
func (a archive) open(ex *Exchange) (err error) {
	if at := ex.Header.Get(recorded.URLHeader); at != "" {
		open, ok := a.secrets.Open(at)
		if !ok {
			return secret.ErrSealed
		}
		if ex.url, err = uri.Parse(open); err != nil {
			return err
		}
	}
	if ex.Header.Get(recorded.SealedHeader) == "" {
		return nil
	}
	header, text, err := recorded.Unseal(ex.Header, ex.Body.Text, a.secrets)
	if err == nil {
		ex.Header, ex.Body.Text = header, text
	}
	return err
}

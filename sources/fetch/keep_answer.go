package fetch

import (
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/recorded"
	"github.com/tap-rest/tap-rest/state/journal"
)

// keep writes a proven page's exchange down, before a record of it leaves. One
// that cannot be kept, nor what lies behind it, is asked for again by a run that
// goes on from before it.
func (r *recorder) keep(out *outgoing, page *Page) error {
	if r.Recording == nil {
		return nil
	}
	err := r.write(out, page)
	if errors.Is(err, recorded.ErrUnkept) || errors.Is(err, recorded.ErrUnkeptLong) || errors.Is(err, journal.ErrLongHead) {
		r.log.Warn("an answer is not kept in the journal", "stream", r.stream, "request", out.Shown, "why", err.Error())
		return nil
	}
	return err
}

func (r *recorder) write(out *outgoing, page *Page) error {
	e := &journal.Exchange{
		Key: r.keyOf(out), At: page.At, Took: page.Took, Request: page.Request, Digest: out.digest,
		Status: page.Status, Header: page.Header.Clone(), Body: page.Body.Wire(), Attempts: page.Attempts, Records: page.Count(), Tries: out.tries,
	}
	page.writeUnchanged(e)
	e.Header.Del(recorded.SealedHeader) // strangers may send what is ours
	e.Header.Del("Set-Cookie")          // a credential, and of a session that a later run does not have
	e.Header.Del(recorded.FilesHeader)
	asked, answered := out.unsigned(out.URL), out.unsigned(page.url)
	if out.role == forFile || out.role == forResult { // a run that goes on does not know its link
		asked = ""
		recorded.SetFiles(e.Header, out.files)
	}
	if err := recorded.SealURL(e.Header, asked, answered, r.secrets); err != nil {
		return err
	}
	if err := recorded.Seal(e, page.Body, page.pieces != nil && page.pieces.Secret, r.secrets); err != nil {
		return err
	}
	place, err := r.append(e, page.Body)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrJournal, err)
	}
	page.kept = &kept{e.Key, place, out.under}
	page.Body.Move(stored{r.Journal, place})
	return nil
}

// append appends an exchange to the journal, whose body may be in a draft.
func (r *recorder) append(e *journal.Exchange, b *body.Body) (journal.Place, error) {
	if draft, ok := b.Place().(*journal.Draft); ok {
		return draft.Append(e)
	}
	return r.Journal.Append(e)
}

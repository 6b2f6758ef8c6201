package fetch

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/partial"
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

func (r *Recording) key(page int64) journal.Key {
	return journal.Key{
		Pass: r.Pass, Partition: r.Partition, Generation: r.Journal.Generation(r.Pass, r.Partition), N: int(page),
	}
}

// keyOf is where an exchange is kept.
func (r *Recording) keyOf(out *outgoing) journal.Key {
	if out.aside == "" {
		return r.key(out.n)
	}
	name := r.Partition + out.aside
	return journal.Key{Pass: r.Pass, Partition: name, Generation: r.Journal.Generation(r.Pass, name)}
}

// recorder keeps the exchanges of a walk, and gives them back.
type recorder struct {
	*Recording // nil: nothing is kept
	stream     string
	archive
	log    *slog.Logger
	tags   *Tags // nil: pages are asked for whether they have changed or not
	behind bool  // an answer came from the API: what the journal has is older
}

// digest tells requests apart, whatever the secrets in them are; former asks for
// that of a version which numbered secrets.
func (r *recorder) digest(out *outgoing, former bool) (sum [16]byte) {
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
		if r.secrets.In(part) {
			if sealed, ok := r.secrets.Digest(part, former); ok {
				part = sealed
			}
		}
		fmt.Fprintf(h, "%d:%s,", len(part), part)
	}
	copy(sum[:], h.Sum(nil))
	return sum
}

// only reports whether no request may be made.
func (r *recorder) only() bool { return r.Recording != nil && r.Only }

// keeps reports whether the journal has an answer for a page, and will serve it
// once those before are there.
func (r *recorder) keeps(page int64) bool {
	return r.Recording != nil && r.Journal.Keeps(r.key(page))
}

// reject makes the journal forget a page and those behind it, as a request finds
// out.
func (r *recorder) reject(out *outgoing, page int64) {
	r.rejectKey(r.key(page), out.Shown)
}

func (r *recorder) rejectKey(k journal.Key, shown string) {
	if err := r.Journal.Reject(k); err != nil {
		r.log.Warn("journal: a rejected answer could not be marked as such, so the next run may reject it again",
			"stream", r.stream, "request", shown, "why", err.Error())
	}
}

// file begins the file of a long answer with these headers: in the journal,
// where that keeps the walk's exchanges.
func (r *recorder) file(h http.Header) (body.File, error) {
	if r.Recording == nil {
		return body.NewFile()
	}
	d, err := r.Journal.Draft(h)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJournal, err)
	}
	return d, nil
}

// partFile begins the file of an answer with which a later run may go on.
func (r *recorder) partFile(out *outgoing, h http.Header) (body.File, error) {
	if r.Recording == nil {
		return body.NewFile()
	}
	d, err := journal.Part(r.Journal, &journal.Began{Key: r.keyOf(out), Digest: out.digest, Header: h})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJournal, err)
	}
	return d, nil
}

// goOn makes a part go on with what an earlier run left of the answer to a request.
func (r *recorder) goOn(p *partial.Part, out *outgoing) {
	if !p.TurnTo(out.digest, out.n) || r.Recording == nil || r.only() || out.Method != http.MethodGet {
		return
	}
	d, began, size := journal.GoOn(r.Journal, r.keyOf(out), out.digest)
	if d != nil && p.Inherit(d, size, began.Header) {
		r.log.Info("an earlier run was stopped in the middle of a long answer: it goes on from there", "stream", r.stream, "request", out.Shown, "bytes", size)
	}
}

// ask keeps that a request is about to be sent, and has it on disk when it returns:
// where a server keeps the position of a walk, one whose answer nobody has must not be
// sent again.
func (r *Recording) ask(key journal.Key, shown string) error {
	_, err := r.Journal.Append(&journal.Exchange{Key: key, Digest: journal.Asked, Request: shown})
	if err == nil {
		err = r.Journal.Sync()
	}
	if err != nil {
		return fmt.Errorf("note in the journal that %v is asked for: %w", key, err)
	}
	return nil
}

// errNoAnswer is a request in the journal whose answer never came.
var errNoAnswer = errors.New("the journal has the request, but no answer to it came")

func wrapJournal(err error) error {
	if err != nil {
		return fmt.Errorf("%w: %w", ErrJournal, err)
	}
	return nil
}

// stored is where an exchange lies in a journal.
type stored struct {
	journal *journal.Journal
	place   journal.Place
}

// Open reads its body.
func (s stored) Open() (io.ReadCloser, error) {
	_, in, err := s.journal.Stream(s.place)
	if err != nil {
		return nil, err
	}
	return in, nil
}

// archive reads exchanges back.
type archive struct {
	secrets *secret.Hider
	bodies  *body.Store
}

package records

import (
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/repeat"
	"github.com/tap-rest/tap-rest/sources/secret/needle"
)

// Prover proves the bodies of a walk's answers, and finds their records.
type Prover struct {
	stream   *sources.Stream
	Splitter Splitter              // that it proves with, one body at a time
	tally    func() *repeat.Tally  // what the walk asks of the records of an answer
	whole    bool                  // records cannot come in pieces
	finder   func() *needle.Finder // of secrets in long bodies; nil where nobody asks for them
	mu       sync.Mutex            // held while the splitter is used
}

// NewProver returns the prover of a walk's answers. tally is called for each answer whose
// records come in pieces, and returns what counts them.
func NewProver(stream *sources.Stream, splitter Splitter, tally func() *repeat.Tally) *Prover {
	split, ok := splitter.(interface{ NeedsWhole() bool })
	return &Prover{
		stream: stream, Splitter: splitter, tally: tally,
		whole: stream.LooksAtRecords() != "" || ok && split.NeedsWhole(),
	}
}

// Finds makes the prover look for secrets in long bodies.
func (p *Prover) Finds(finder func() *needle.Finder) { p.finder = finder }

// Whole reports whether records cannot come in pieces.
func (p *Prover) Whole() bool { return p.whole }

// Split proves the body of an answer. One with a status that says no need not hold
// records; it is proven only so that rules can read it. cut is why the body could not be
// read whole; nil: it was.
func (p *Prover) Split(status int, b *body.Body) (s Split, cut error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if status == http.StatusNoContent {
		s.Records = None{}
		if !p.stream.Records.MissingIsEmpty {
			s.Err = ErrNoContent
		}
		return s, nil
	}
	if !b.Long() {
		if s.Records, s.Err = p.Splitter.Split(b.Text); !errors.Is(s.Err, ErrMany) {
			return s, nil
		}
	}
	s.Pieces, s.Err, cut = p.prove(status, b)
	s.Records = s.Pieces
	return s, cut
}

// Short finds the records of a body in memory. One that has very many is ErrMany.
func (p *Prover) Short(text []byte) (Records, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Splitter.Split(text)
}

// NeedsWhole says what keeps a long answer from being read in pieces, or nil.
func (p *Prover) NeedsWhole() error {
	if key := p.stream.LooksAtRecords(); key != "" {
		return fmt.Errorf("%w, and %s may look at its records, which are not in memory then", ErrWhole, key)
	}
	return nil
}

// prove proves a body in a first pass, finds what the walk asks of its records,
// and makes what stands beside those of a long one its text. cut is why the body cannot
// be read whole.
func (p *Prover) prove(status int, b *body.Body) (found *Pieces, err, cut error) {
	found = &Pieces{Tally: p.tally()}
	see := func(r Records) error {
		found.Tally.See(r)
		return nil
	}
	if !b.Long() {
		err := p.Splitter.SplitMany(b.Text, func(r Records) error {
			found.Count += r.Len()
			return see(r)
		})
		found.Proven, found.Size = !errors.Is(err, ErrBroken), int64(len(b.Text))
		return found, err, nil
	}
	var secrets *needle.Finder
	if p.finder != nil {
		secrets = p.finder()
	}
	in, err := b.Open(secrets)
	if err != nil {
		return found, nil, err
	}
	defer in.Close()
	if found.Tally.Counts {
		see = nil
	}
	b.Text, found.Count, err = p.Splitter.ProveLong(in, see)
	if found.Proven = b.Text != nil; !found.Proven {
		b.Text = b.Beginning(beginning)
	}
	found.Size, found.Secret = in.N, in.Found()
	if in.Err != nil {
		cut = fmt.Errorf("the body of the answer %d: %w", status, in.Err)
	}
	return found, err, cut
}

// beginning is how much is kept of a long body that is no JSON, in bytes: what errors
// show of it, and a secret that begins in that.
const beginning = 8 << 10

// ErrNoContent is a 204 where records are expected.
var ErrNoContent = errors.New("answered 204 No Content, without a place for records")

package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/repeat"
	"github.com/tap-rest/tap-rest/sources/secret/needle"
)

// prover proves the bodies of a walk's answers, and finds their records.
type prover struct {
	stream   *sources.Stream
	splitter Splitter
	tally    func() *repeat.Tally  // what the walk asks of the records of an answer
	finder   func() *needle.Finder // of secrets in long bodies; nil where nobody asks for them
	whole    bool                  // records cannot come in pieces
	mu       sync.Mutex            // held while the splitter is used
}

func newProver(stream *sources.Stream, splitter Splitter, tally func() *repeat.Tally) *prover {
	split, ok := splitter.(interface{ NeedsWhole() bool })
	return &prover{
		stream: stream, splitter: splitter, tally: tally,
		whole: stream.LooksAtRecords() != "" || ok && split.NeedsWhole(),
	}
}

// split proves a body. One with a status that says no need not hold records;
// it is proven only so that rules can read it.
func (p *prover) split(ex *Exchange) (s split) {
	if ex.proven != nil {
		return *ex.proven
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if ex.Status == http.StatusNoContent {
		s.records = none{}
		if !p.stream.Records.MissingIsEmpty {
			s.err = errNoContent
		}
		return s
	}
	if !ex.Body.Long() {
		if s.records, s.err = p.splitter.Split(ex.Body.Text); !errors.Is(s.err, ErrMany) {
			return s
		}
	}
	s.pieces, s.err = p.prove(ex)
	s.records = s.pieces
	return s
}

// early finds the records of a short answer to a request ahead. One that has very many
// is left to the walk.
func (p *prover) early(ex *Exchange) (Records, error) {
	if ex.proven != nil {
		return ex.proven.records, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.splitter.Split(ex.Body.Text)
}

// needsWhole says what keeps a long answer from being read in pieces, or nil.
func (p *prover) needsWhole() error {
	if key := p.stream.LooksAtRecords(); key != "" {
		return fmt.Errorf("%w, and %s may look at its records, which are not in memory then", ErrWhole, key)
	}
	return nil
}

// prove proves a body in a first pass, finds what the walk asks of its records,
// and makes what stands beside those of a long one its text. Where the body
// cannot be read whole, that is why the exchange is cut.
func (p *prover) prove(ex *Exchange) (*pieces, error) {
	found := &pieces{tally: p.tally()}
	see := func(r Records) error {
		found.tally.See(r)
		return nil
	}
	if !ex.Body.Long() {
		err := p.splitter.SplitMany(ex.Body.Text, func(r Records) error {
			found.count += r.Len()
			return see(r)
		})
		found.proven, found.size = !errors.Is(err, ErrBroken), int64(len(ex.Body.Text))
		return found, err
	}
	var secrets *needle.Finder
	if p.finder != nil {
		secrets = p.finder()
	}
	in, err := ex.Body.Open(secrets)
	if err != nil {
		ex.cut = err
		return found, nil
	}
	defer in.Close()
	if found.tally.Counts {
		see = nil
	}
	ex.Body.Text, found.count, err = p.splitter.ProveLong(in, see)
	if found.proven = ex.Body.Text != nil; !found.proven {
		ex.Body.Text = ex.Body.Beginning(16 * excerptSize)
	}
	if in.Err != nil {
		ex.cut = fmt.Errorf("the body of the answer %d: %w", ex.Status, in.Err)
	}
	found.size, found.secret = in.N, in.Found()
	return found, err
}

// errNoContent is a 204 where records are expected.
var errNoContent = errors.New("answered 204 No Content, without a place for records")

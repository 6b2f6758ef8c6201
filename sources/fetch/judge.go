package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/advice"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/sources/secret/needle"
)

// judge decides what becomes of what was answered to a walk's requests.
type judge struct {
	stream   *sources.Stream
	splitter Splitter
	pager    *paging.Pager
	secrets  *secret.Hider
	vars     expr.Vars             // what templates see: of them, it sets headers and response
	finder   func() *needle.Finder // of secrets in long bodies; nil where nobody asks for them
	reading
	login     loginSigns
	splitting sync.Mutex // held while the splitter is used
	session   *session
	job       *job                  // nil: the stream exports nothing
	charge    func(*Exchange) error // counts what an answer costs

	partly bool   // it was said that an answer with errors is taken for a page
	answer *Page  // under way
	seen   []byte // what the keys see of it
	beside []byte // memory for that
}

// reading is how the answers of a stream are read.
type reading struct {
	whole bool // their records cannot come in pieces
	apart bool // no key of the definition looks at their records
}

// show makes an answer what templates and the keys of the definition see.
func (j *judge) show(ex *Exchange, s split) *Page {
	page := &Page{Exchange: *ex, Records: none{}, pieces: s.pieces, whole: j.whole}
	j.answer, j.seen = page, ex.Body.Text
	if r, ok := s.records.(besides); ok && j.apart && s.err == nil {
		// They look at nothing else, and need not pass over the records to find it.
		if beside := r.AppendBeside(j.beside[:0]); beside != nil {
			j.beside, j.seen = beside, beside
		}
	}
	j.vars[sources.VarHeaders] = HeaderValue(ex.Header)
	j.vars[sources.VarResponse] = expr.Undefined()
	if !errors.Is(s.err, ErrBroken) && (s.pieces == nil || s.pieces.proven) {
		j.vars[sources.VarResponse] = expr.JSONBytes(j.seen)
	}
	return page
}

// forget lets go of the answer: a walk that waits holds none.
func (j *judge) forget() { j.seen, j.vars[sources.VarResponse] = nil, expr.Undefined() }

// newJudge returns the judge of a walk's answers. It has no pager and no session yet.
func newJudge(stream *sources.Stream, splitter Splitter, vars expr.Vars, secrets *secret.Hider) *judge {
	return &judge{
		stream: stream, splitter: splitter, secrets: secrets, vars: vars,
		reading: reading{whole: needsWhole(stream, splitter), apart: stream.LooksAtRecords() == ""},
	}
}

// advice says what of the definition is likely wrong.
func (j *judge) advice() advice.Adviser {
	return advice.Adviser{Stream: j.stream, Pager: j.pager, Quote: j.secrets.Quote}
}

// split proves a body. One with a status that says no need not hold records;
// it is proven only so that rules can read it.
func (j *judge) split(ex *Exchange) (s split) {
	if ex.proven != nil {
		return *ex.proven
	}
	j.splitting.Lock()
	defer j.splitting.Unlock()
	if ex.Status == http.StatusNoContent {
		s.records = none{}
		if !j.stream.Records.MissingIsEmpty {
			s.err = errNoContent
		}
		return s
	}
	if !ex.Body.Long() {
		if s.records, s.err = j.splitter.Split(ex.Body.Text); !errors.Is(s.err, ErrMany) {
			return s
		}
	}
	s.pieces, s.err = j.prove(ex)
	s.records = s.pieces
	return s
}

// needsWhole says what keeps a long answer from being read in pieces, or nil.
func (j *judge) needsWhole() error {
	if key := j.stream.LooksAtRecords(); key != "" {
		return fmt.Errorf("%w, and %s may look at its records, which are not in memory then", ErrWhole, key)
	}
	return nil
}

// needsWhole reports whether a walk cannot do with pieces of an answer.
func needsWhole(stream *sources.Stream, s Splitter) bool {
	split, ok := s.(interface{ NeedsWhole() bool })
	return stream.LooksAtRecords() != "" || ok && split.NeedsWhole()
}

// prove proves a body in a first pass, finds what the walk asks of its records,
// and makes what stands beside those of a long one its text. Where the body
// cannot be read whole, that is why the exchange is cut.
func (j *judge) prove(ex *Exchange) (*pieces, error) {
	p := &pieces{tally: j.pager.Tally()}
	see := func(r Records) error {
		p.tally.See(r)
		return nil
	}
	if !ex.Body.Long() {
		err := j.splitter.SplitMany(ex.Body.Text, func(r Records) error {
			p.count += r.Len()
			return see(r)
		})
		p.proven, p.size = !errors.Is(err, ErrBroken), int64(len(ex.Body.Text))
		return p, err
	}
	var secrets *needle.Finder
	if j.finder != nil {
		secrets = j.finder()
	}
	in, err := ex.Body.Open(secrets)
	if err != nil {
		ex.cut = err
		return p, nil
	}
	defer in.Close()
	if p.tally.Counts {
		see = nil
	}
	ex.Body.Text, p.count, err = j.splitter.ProveLong(in, see)
	if p.proven = ex.Body.Text != nil; !p.proven {
		ex.Body.Text = ex.Body.Beginning(16 * excerptSize)
	}
	if in.Err != nil {
		ex.cut = fmt.Errorf("the body of the answer %d: %w", ex.Status, in.Err)
	}
	p.size, p.secret = in.N, in.Found()
	return p, err
}

// errNoContent is a 204 where records are expected.
var errNoContent = errors.New("answered 204 No Content, without a place for records")

package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/sources/secret/needle"
)

// judge decides what becomes of what was answered to a walk's requests.
type judge struct {
	stream    *sources.Stream
	splitter  Splitter
	pager     *paging.Pager
	secrets   *secret.Hider
	vars      expr.Vars             // what templates see: of them, it sets headers and response
	finder    func() *needle.Finder // of secrets in long bodies; nil where nobody asks for them
	whole     bool                  // the records of an answer cannot come in pieces
	apart     bool                  // no key of the definition looks at the records of an answer
	spent     *expr.Template        // that says that the login holds no longer; nil: none does
	splitting *sync.Mutex           // held while the splitter is used
	session   *session
	charge    func(*Exchange) error // counts what an answer costs

	answer *Page  // under way
	seen   []byte // what the keys see of it
	beside []byte // memory for that
}

// split is what the splitter found in a body.
type split struct {
	records Records
	pieces  *pieces // the records, where they come in pieces
	err     error
}

// decide decides about an attempt: the definition's rules first, then what is
// built in. What the server's session may have moved on for is not asked again.
func (j *judge) decide(out *outgoing, ex *Exchange, err error) verdict {
	v := j.decideAlone(out, ex, err)
	if v.retry && !v.ruled && j.session.moves(out) && !spared(ex) {
		return refuse(SessionLost, fmt.Errorf("%w: the server keeps the position (session: true) and may have moved on, so the request is not sent again", v.err))
	}
	return v
}

func (j *judge) decideAlone(out *outgoing, ex *Exchange, err error) verdict {
	if v, ruled := j.tooMuch(err); ruled {
		return v
	}
	if err != nil {
		return judgeError(err)
	}
	if ex.Body.Long() && ex.cut == nil {
		err := j.needsWhole()
		if v, ruled := j.tooMuch(err); ruled {
			return v
		}
		if err != nil {
			return refuse(Permanent, err).advise(smaller)
		}
	}
	var s split
	if ex.cut == nil {
		s = j.split(ex)
	}
	if v, ruled := j.tooMuch(ex.cut); ruled {
		return v
	}
	if ex.cut != nil {
		return judgeCut(ex)
	}
	if v, ruled := j.tooMuch(s.err); ruled {
		return v
	}
	page := j.show(ex, s)
	if err := j.charge(&page.Exchange); err != nil {
		return refuse(Permanent, err)
	}
	if v, expired := j.expired(ex); expired {
		return v
	}
	if v, over := j.session.over(out, ex); over {
		return v
	}
	if v, ruled := j.rule(page); ruled {
		v.ruled = true
		return v
	}
	if j.pager.Refuses(ex.Status) {
		page.ruling = paging.Ruling{Refused: true, Over: true, Empty: true}
		return accept(page)
	}
	if !ex.well() {
		return j.status(out, ex)
	}
	if v, partial := judgePartial(ex); partial {
		return v
	}
	if out.aside != "" {
		return j.takeOpening(page)
	}
	return j.take(out, page, s)
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

// take decides about an answer that may be a page.
func (j *judge) take(out *outgoing, page *Page, s split) verdict {
	switch {
	case errors.Is(s.err, ErrBroken):
		return j.broken(&page.Exchange, s.err)
	case errors.Is(s.err, errNoContent):
		return refuse(Permanent, s.err).advise("where that means no records, say on_missing: empty")
	case errors.Is(s.err, ErrWhole):
		return refuse(Permanent, s.err).advise(smaller)
	case out.GraphQL && j.vars[sources.VarResponse].Get("errors").Truth(): // an empty list is none, though the specification would leave it out
		return refuse(Permanent, fmt.Errorf("GraphQL errors: %s", j.secrets.Quote(gjson.GetBytes(page.Body.Text, "errors").Raw)))
	case errors.Is(s.err, ErrNoRecords):
		return refuse(Permanent, s.err).advise(j.adviseRecords(page))
	case s.err != nil:
		return refuse(Permanent, s.err)
	}
	if s.records.Len() == 0 {
		if err := j.pager.Fallen(); err != nil {
			return again(-1, err)
		}
	}
	page.Records, page.ruling.Empty = s.records, page.Status == http.StatusNoContent
	return accept(page)
}

// smaller is the advice for answers that are too long.
const smaller = "ask for smaller pages"

// errNoContent is a 204 where records are expected.
var errNoContent = errors.New("answered 204 No Content, without a place for records")

// split proves a body. One with a status that says no need not hold records;
// it is proven only so that rules can read it.
func (j *judge) split(ex *Exchange) (s split) {
	if ex.early != nil && ex.early.split != nil {
		return *ex.early.split
	}
	if ex.same != nil {
		s.records = ex.same
		return s
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

package paging

import (
	"fmt"
	"log/slog"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/repeat"
)

// Pager finds the pages of one walk. It is used from the walk's goroutine.
type Pager struct {
	stream *sources.Stream
	way    way
	out    Outside
	log    *slog.Logger
	pos    Position
	memory memory
	guard  repeat.Guard
}

// New returns the pager of a walk over stream that begins at a position.
func New(stream *sources.Stream, at Position, out Outside, log *slog.Logger) *Pager {
	p := &Pager{stream: stream, way: wayOf(&stream.Pagination), out: out, log: log, pos: at}
	if at.First() {
		p.pos.Number, p.pos.Offset = stream.Pagination.Start, stream.Pagination.Start
	}
	p.forget()
	p.memory.ever = hint.Sight{Next: at.Token != nil || at.URL != "", Total: at.Total != nil, More: !at.First(), Pages: !at.First()}
	return p
}

// forget begins a walk anew, but for what was learned of overlap and of the connection.
func (p *Pager) forget() {
	pagination := &p.stream.Pagination
	p.memory = memory{lookout: p.memory.lookout, unended: p.memory.unended}
	p.guard = repeat.NewGuard(repeat.Rules{
		Session: pagination.Session.Keeps, Keyed: len(p.stream.Keys) > 0, Counts: p.Counts(), Limited: pagination.Ends.MaxPages > 0,
	})
}

// Position is what the next request asks for.
func (p *Pager) Position() Position { return p.pos }

// Go moves to the position that was found in an answer.
func (p *Pager) Go(next Position) { p.pos = next }

// First reports whether the next request asks for the first page, be it again.
func (p *Pager) First() bool {
	switch t := p.way.traits(); {
	case t.counts():
		return *t.counter(&p.pos) == p.stream.Pagination.Start
	case t.single:
		return p.pos.pages() == 0
	}
	return p.pos.named() == ""
}

// Named reports whether the next request is one that an answer named.
func (p *Pager) Named() bool { return p.way.traits().names && p.pos.named() != "" }

// Counts reports whether the walk counts its pages itself: then it goes on behind
// an answer that says nothing.
func (p *Pager) Counts() bool { return p.way.traits().counts() }

// Page is what templates see as page, with the number of records of the answer.
func (p *Pager) Page(records expr.Value) expr.Value {
	number := p.pos.pages() + 1
	if p.way.traits().byPage {
		number = p.pos.Number
	}
	keys := []string{"number", "offset", "records"}
	values := []expr.Value{expr.Int(number), expr.Int(p.pos.Offset), records}
	if size := p.Size(); size > 0 {
		keys, values = append(keys, "size"), append(values, expr.Int(size))
	}
	if p.pos.Token != nil {
		keys, values = append(keys, "token"), append(values, p.out.Open(p.pos.Token))
	}
	if p.pos.Session != nil {
		keys, values = append(keys, "session"), append(values, p.out.Open(p.pos.Session))
	}
	return expr.Dict(keys, values)
}

// Sends is what the next request carries, in this order.
func (p *Pager) Sends() (all []Sent) {
	t, says := p.way.traits(), &p.stream.Pagination.Sends
	page, size := t.places(says)
	if t.carries != "" {
		if page.Value = p.Page(expr.Undefined()).Get(t.carries); !page.Value.Missing() {
			all = append(all, page)
		}
	}
	if n := p.Size(); n > 0 {
		size.Value = expr.Int(n)
		all = append(all, size)
	}
	if p.pos.Beyond != nil {
		on := &p.stream.Pagination.Limit.Sends
		all = append(all, Sent{Param: on.Param, Header: on.Header, Body: on.BodyPath, Value: p.out.Open(p.pos.Beyond.Key)})
	}
	return all
}

// Begin takes note of the next request, by its hash. It is an error where the
// walk goes round, or has more pages than it may have.
func (p *Pager) Begin(request uint64) error {
	if limit := int64(p.stream.Pagination.Ends.MaxPages); limit > 0 && p.pos.pages() >= limit {
		return fmt.Errorf("the walk has more than max_pages: %d%s", limit, p.guard.After())
	}
	if err := p.mayCount(); err != nil {
		return err
	}
	return p.guard.Begin(request)
}

// Tally returns what is to see the records of the answer under way, where they
// come in pieces.
func (p *Pager) Tally() *repeat.Tally {
	t := &repeat.Tally{Watch: repeat.NewWatch(p.stream, p.pos.Tail), Keeps: p.way.traits().keyed || p.stream.Pagination.Limit.Field != ""}
	t.Counts = p.way.traits().single && t.Watch == nil && !t.Keeps // a page that is the only one is compared with none
	return t
}

// Refuses reports whether an answer with a status may refuse what lies behind the
// API's own count: then it is the end.
func (p *Pager) Refuses(status int) bool { return audit{p.leg(&Answer{})}.refuses(status) }

// Fallen is the error of an answer without records that looks like an end and is
// none.
func (p *Pager) Fallen() error {
	if p.pos.Records == 0 {
		return nil
	}
	l := p.leg(&Answer{})
	l.page = p.Page(expr.Undefined())
	return audit{l}.fallen()
}

// leg begins what is made of an answer.
func (p *Pager) leg(a *Answer) *leg {
	return &leg{memory: &p.memory, traits: p.way.traits(), stream: p.stream, out: p.out, from: p.pos, next: p.pos, answer: a}
}

// Take finds what comes after an answer, and suspects its end. Where it fails,
// the pager is as it was.
func (p *Pager) Take(a Answer) (Found, error) {
	l := p.leg(&a)
	l.found.First, l.found.Begins = p.pos.First(), p.pos.pages() == 0 && (p.pos.Export == nil || p.pos.Export.File == 0)
	if a.Skipped {
		l.found.Last, l.found.Left, l.found.Proof = true, p.pos, Proof{By: EndSkip, Pages: p.pos.pages() + 1, Records: p.pos.Records}
		return l.found, nil
	}
	memory, guard := p.memory, p.guard
	if err := p.take(l); err != nil {
		p.memory, p.guard = memory, guard
		return Found{}, err
	}
	return l.found, nil
}

func (p *Pager) take(l *leg) error {
	if p.stream.Pagination.Export != nil && p.pos.Export == nil {
		submitted(l)
		return nil
	}
	if (audit{l}).pastEnd() && p.guard.Repeats(l.answer.Records.Len(), l.content) && !(audit{l}).grown() {
		l.answer.Records, l.answer.Empty, l.found.Repeats = noRecords{}, true, true
	}
	l.n = int64(l.answer.Records.Len())
	l.page = p.Page(expr.Int(l.n))
	l.next.Pages++
	l.next.Records += l.n
	if l.answer.Unended && l.unended == "" {
		l.unended = l.answer.Request
	}
	l.recognise()
	if err := l.honours(); err != nil {
		return err
	}
	end, back, err := p.step(l)
	switch {
	case err != nil:
		return err
	case l.answer.Older && l.from.Export == nil && !l.unchanged(): // the files of a job stay as they are
		return ErrChanged
	}
	l.ever, l.widest = l.ever.Or(l.now), max(l.widest, l.n)
	more := false
	if end.last {
		if more, err = (last{l}).nextFile(end); err != nil {
			return err
		}
	}
	switch {
	case more || end.last && (last{l}).walkAgain():
		p.forget()
	case end.last:
		return last{l}.over(end, p.guard.After())
	default:
		words{l}.noteFault()
		l.least = fewest(l.least, l.n)
		page := repeat.Page{
			Request: l.answer.Request, Number: l.next.Pages, Records: l.n, Content: l.content(), Ends: l.outermost(),
			Next: l.next.URL + string(l.next.Token), More: l.saysMore(), Passed: l.answer.Passed, Back: back, Moved: l.found.Moved || l.answer.Early,
		}
		if err := p.guard.Suspect(page, p.stream.Name, p.log); err != nil {
			return err
		}
		if text := p.guard.Unsure(); text != "" {
			l.remark(text)
		}
	}
	if err := (course{l}).goBeyond(); err != nil {
		return err
	}
	l.found.Next = l.next
	return nil
}

// step moves a leg's next to what comes after its answer, and reports whether
// that is a step back.
func (p *Pager) step(l *leg) (end ending, back bool, err error) {
	lost, err := audit{l}.total()
	if err != nil {
		return end, false, err
	}
	step, behind, err := course{l}.stepMoved(p.way, lost)
	if err != nil {
		return end, false, err
	}
	l.found.Follows, l.found.Counting = p.guard.Follows(step.back) || l.from.beginsLaterFile(), l.counting()
	if end, err = l.ends(step); err != nil {
		return end, false, err
	}
	back = (behind != nil || step.back) && !end.stopped
	switch {
	case back && behind != nil:
		end.last = course{l}.goBack(behind)
		end.back = end.last
	case back:
		end.last = false
	case !end.last && (l.next.Total != nil || l.next.AllPages != nil):
		l.next.PerPage = fewest(l.from.PerPage, l.n)
	}
	return end, back, nil
}

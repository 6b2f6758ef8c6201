package tap

import (
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/stdout"
)

// herald tells what becomes of the streams, besides their records. Only the
// emitter's goroutine uses it.
type herald struct {
	protocol Protocol
	tracks   []*track
	hide     func(string) string // takes secrets out of a text
	news     []message.News      // to be written
}

func (h *herald) tell(t *track, e message.Event) {
	h.add(t, message.News{Event: e})
}

func (h *herald) add(t *track, n message.News) {
	n.Stream, n.At = t.stream.Name, time.Now()
	h.news = append(h.news, n)
	switch n.Event {
	case message.Estimate, message.Failed:
	default:
		t.announced.last = n.Event
	}
}

// reads tells that records of a stream come.
func (h *herald) reads(t *track) {
	if t.announced.last == 0 {
		h.tell(t, message.Started)
	}
	if t.announced.last != message.Reading {
		h.tell(t, message.Reading)
	}
}

// expects tells how many records are to come in this run, where the API says
// how many there are.
func (h *herald) expects(t *track, total *int64) {
	if total == nil || *total-t.start.Next.Records == t.announced.estimated {
		return
	}
	t.announced.estimated = *total - t.start.Next.Records
	h.add(t, message.News{Event: message.Estimate, Records: t.announced.estimated})
}

// ends tells how a stream ended: whole, or not, and why if it failed.
func (h *herald) ends(t *track, whole bool, failure error) {
	if t.announced.last == message.Complete || t.announced.last == message.Incomplete {
		return
	}
	h.reads(t)
	if failure != nil {
		h.add(t, message.News{Event: message.Failed, Failure: message.Failure{Type: FailureType(failure), Message: h.hide(failure.Error())}})
	}
	if whole {
		h.tell(t, message.Complete)
	} else {
		h.tell(t, message.Incomplete)
	}
}

// looks tells which streams have begun, and which wait for a rate.
func (h *herald) looks() {
	for _, t := range h.tracks {
		if t.announced.last == 0 && t.begun.Begun() {
			h.tell(t, message.Started)
		}
		wait := t.counters.Limited.Load()
		if (t.announced.last == message.Started || t.announced.last == message.Reading) && wait != nil && time.Now().Before(wait.Until) {
			h.add(t, message.News{Event: message.Limited, Until: wait.Until})
		}
	}
}

// leaves tells that streams which have not come to an end will not.
func (h *herald) leaves() {
	for _, t := range h.tracks {
		h.ends(t, false, t.refused)
	}
}

// append appends the lines of all news that are to be written.
func (h *herald) append(dst []byte) []byte {
	dst = h.protocol.AppendNews(dst, h.news...)
	h.news = h.news[:0]
	return dst
}

// contexts says what the contexts of all streams take.
func (h *herald) contexts() (sum stdout.ContextsText) {
	for _, t := range h.tracks {
		if t.parts == nil {
			continue
		}
		sum.Done += t.doneContexts()
		if t.stream.HasContexts() && !t.stream.FullTable() {
			sum.Stay += state.TextOfContexts(t.parts.done.Contexts())
		}
	}
	return sum
}

// doneContexts is what the contexts that are done of a pass take, and of its
// parents, which stand in its bookmark.
func (t *track) doneContexts() (sum int64) {
	if t.parts != nil {
		sum = state.TextOfContexts(t.parts.done.Contexts())
	}
	for _, f := range t.pass.feeds {
		sum += f.track.doneContexts()
	}
	return sum
}

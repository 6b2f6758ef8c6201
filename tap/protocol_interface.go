package tap

import (
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/render"
)

// Protocol spells what a run says on stdout. Whatever is the same in all
// protocols is decided here: which records leave, in which order, and which
// state covers them. Frame and AppendSchema are called by each renderer in its
// goroutine, the others by the emitter. What a protocol has no words for, it
// appends nothing for.
type Protocol interface {
	render.Protocol
	// AppendActivate appends that the rows of other versions of a table are gone.
	AppendActivate(dst []byte, stream string, version int64) []byte
	// AppendState appends what covers all that was written: streams that are
	// not among the covered are as they were.
	AppendState(dst []byte, s *state.State, covered []message.Covered) []byte
	// AppendNews appends what happens besides, after what the log has for
	// stdout. Without news it is that alone.
	AppendNews(dst []byte, news ...message.News) []byte
}

// meter is a protocol whose tools read measurements from the log.
type meter interface {
	// Metric returns the text of a line of the log.
	Metric(m message.Metric) string
}

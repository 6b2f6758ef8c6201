package tap

import (
	"errors"
	"net/http"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/message"
)

// Protocol spells what a run says on stdout. Whatever is the same in all
// protocols is decided here: which records leave, in which order, and which
// state covers them. Frame and AppendSchema are called by each renderer in its
// goroutine, the others by the emitter. What a protocol has no words for, it
// appends nothing for.
type Protocol interface {
	// Frame returns what stands around each record of a page, which came at the
	// given time.
	Frame(stream string, at time.Time) message.Frame
	// AppendSchema appends what must come before records of a schema.
	AppendSchema(dst []byte, s *message.Schema) []byte
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

// FailureType says who can do something about the failure of a stream or of a
// run.
func FailureType(err error) message.FailureType {
	var (
		request *fetch.Error
		input   *InputError
		disk    *JournalError
	)
	switch {
	case errors.As(err, &input):
		return message.ConfigError
	case errors.Is(err, journal.ErrBusy), errors.As(err, &disk):
		return message.TransientError
	case !errors.As(err, &request):
		return message.SystemError
	case request.Class == fetch.Transient:
		return message.TransientError
	case request.Class != fetch.Permanent:
		return message.SystemError
	}
	switch request.Status {
	case 0, http.StatusUnauthorized, http.StatusForbidden: // 0: it could not even be asked
		return message.ConfigError
	}
	return message.SystemError
}

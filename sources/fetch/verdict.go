package fetch

import (
	"time"
)

// verdict is what becomes of an attempt.
type verdict struct {
	page    *Page         // taken; nil: refused
	retry   bool          // ask again,
	once    bool          // but once only: what came would come again
	wait    time.Duration // after this long; negative: as the stream's retry says
	pending time.Duration // the export's job is not done: ask after this long, as often as it takes; 0: not that
	told    bool          // wait is what the API asked for
	smaller bool          // a rule says to ask for fewer records
	rest    bool          // a rule says cool_down
	class   Class         // of the failure, unless it is asked again
	err     error         // why it was refused
	tip     string        // advice
	about   bool          // the refusal may be about the request
	proof   bool          // the refusal is of who asks: another proof may help
	expired bool          // the definition says so, whatever the status
	ruled   bool          // the definition says what to do
}

func accept(page *Page) verdict             { return verdict{page: page} }
func refuse(class Class, err error) verdict { return verdict{class: class, err: err} }
func again(wait time.Duration, err error) verdict {
	return verdict{retry: true, wait: wait, told: wait >= 0, class: Transient, err: err}
}

// taken returns the page, or why there is none.
func (v verdict) taken() (*Page, error) { return v.page, v.err }

func (v verdict) advise(tip string) verdict {
	v.tip = tip
	return v
}

// onlyOnce makes what would come again be asked for once more, in case it was an
// accident, and then be a failure for good.
func (v verdict) onlyOnce(tip string) verdict {
	v.once, v.class, v.tip = true, Permanent, tip
	return v
}

// smaller is the advice for answers that are too long.
const smaller = "ask for smaller pages"

// also joins two pieces of advice, each of which may be none.
func also(first, second string) string {
	if first == "" || second == "" {
		return first + second
	}
	return first + "; " + second
}

// refusing makes a failure one that comes again at the same place after a restart.
func (v verdict) refusing() verdict {
	v.about = true
	return v
}

package fetch

import (
	"time"

	"github.com/tap-rest/tap-rest/sources"
)

// asker asks the API for what a walk requests, as often as it takes.
type asker struct {
	client   *Client
	stream   *sources.Stream
	counters *Counters
	judge    *judge
	failures failures
	requests *builder
	ahead    *ahead
	values   []value // of what is counted in the last answer
}

// hastyAttempts is how often a hasty client asks, in all.
const hastyAttempts = 2

// retry is how often a request is made, and with which waits between.
func (a *asker) retry() sources.Retry {
	r := a.stream.Call.Retry
	if a.client.Hasty {
		r.Attempts, r.CoolDown = min(r.Attempts, hastyAttempts), 0
	}
	return r
}

// longestWait is how long an API may ask the walk to wait.
func (a *asker) longestWait() time.Duration {
	if a.client.Hasty {
		return a.stream.Call.Retry.MaxWait
	}
	return longestWait
}

// tries counts the attempts at one request.
type tries struct {
	made  int // in all
	round int // since the client rested, or the beginning
	alike int // of the last ones, those whose answer would come again
	anew  int // of them, those with another proof of who asks

	fell   bool // another proof was tried since an answer counts fewer records than were read
	others int  // the last ones, that another credential of a pool made
}

// count takes note of an attempt that was refused.
func (t *tries) count(v verdict) {
	t.alike++
	if !v.once {
		t.alike = 0
	}
}

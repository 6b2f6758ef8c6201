package rate

import (
	"fmt"
	"net/http"
	"time"
)

// longestQuota is how long a quota that is used up holds requests before the API
// refuses one: what takes longer, people should hear of.
const longestQuota = time.Hour

// quotas are those that the answers of a client told of.
type quotas struct {
	all    map[quotaKey]*quota
	flying map[string]int // requests of each stream that are under way
}

// quotaKey tells quotas apart. Streams may have quotas of their own, under one
// name: they differ in how much they allow.
type quotaKey struct {
	name string
	most int64
}

// String is the quota as messages have it.
func (k quotaKey) String() string {
	if k.most < 0 {
		return k.name
	}
	return fmt.Sprintf("%s, %d requests", k.name, k.most)
}

// quota is what is left of one, as far as answers told.
type quota struct {
	left    int64 // requests that may start, those under way taken off
	back    time.Time
	streams map[string]bool // whose answers told of it
}

// wait returns how long a stream's next request waits for its quotas, and for which
// of them.
func (q *quotas) wait(stream string, now time.Time) (longest time.Duration, name string) {
	for key, one := range q.all {
		if !one.back.After(now) {
			delete(q.all, key) // all of it is there again
			continue
		}
		if one.left > 0 || !one.streams[stream] {
			continue
		}
		d := one.back.Sub(now)
		if q.under(one) > 0 {
			d = min(d, soon) // an answer may say that more is left
		}
		if d > longest {
			longest, name = d, key.String()
		}
	}
	return longest, name
}

// soon is after how long what is left is looked at again while requests are under
// way.
const soon = 50 * time.Millisecond

// under is how many requests of a quota's streams are under way.
func (q *quotas) under(one *quota) (n int64) {
	for stream := range one.streams {
		n += int64(q.flying[stream])
	}
	return n
}

func (q *quotas) start(stream string) {
	if q.flying == nil {
		q.flying = map[string]int{}
	}
	q.flying[stream]++
	for _, one := range q.all {
		if one.streams[stream] {
			one.left--
		}
	}
}

func (q *quotas) done(stream string) { q.flying[stream]-- }

// answered takes note of what the headers of an answer say: whose requests are
// under way may not be counted there yet, but for the one that is answered.
func (q *quotas) answered(stream string, h http.Header, server, now time.Time) {
	for _, said := range Quotas(h, server) {
		if said.Left < 0 || said.Reset <= 0 || said.Reset > longestQuota || said.Most == 0 {
			continue
		}
		key := quotaKey{said.Name, said.Most}
		one := q.all[key]
		if one == nil {
			one = &quota{streams: map[string]bool{}}
			if q.all == nil {
				q.all = map[quotaKey]*quota{}
			}
			q.all[key] = one
		}
		one.streams[stream] = true
		one.left, one.back = said.Left-q.under(one)+1, now.Add(said.Reset)
	}
}

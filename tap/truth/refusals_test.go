package truth_test

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// refusals are what an API does not show of a table, by account or owner.
type refusals struct {
	shut     map[string]int       // the status that is answered; 403 is for good
	refused  map[string]time.Time // when it was last
	empty    map[string]time.Time // when it was last said that nothing is there
	unseen   map[string]bool      // of which it was said, and which has not come again
	restarts bool                 // it was refused in a way that begins walks again
}

// newRefusals returns those of an open table.
func newRefusals() refusals {
	return refusals{shut: map[string]int{}, refused: map[string]time.Time{}, empty: map[string]time.Time{}, unseen: map[string]bool{}}
}

// hid reports whether something was not shown since a time, or is said not to be
// there; owed says that a refusal does not count.
func (f *refusals) hid(key string, since time.Time, owed bool) bool {
	return f.unseen[key] || !f.empty[key].Before(since) || !owed && !f.refused[key].Before(since)
}

// key is what a row is called by those that it owns.
func (r *row) key() string { return strconv.Itoa(r.id) }

// isOf reports whether a row is of the account and of an owner that are asked for.
func (r *row) isOf(q url.Values) bool {
	if account := q.Get("account"); account != "" && account != r.account {
		return false
	}
	owners := q["owner"]
	switch {
	case r.owner == nil:
		return true
	case r.owner.gone && len(owners) > 1: // of several, the others are there
		r.owner.missed = r.owner.missed || slices.Contains(owners, r.owner.key())
		return false
	}
	return slices.Contains(owners, r.owner.key())
}

// refuses returns the status with which a request is refused, 0 for none.
func (t *table) refuses(q url.Values) (status int) {
	defer func() {
		if status != 0 {
			t.unread = time.Now()
		}
	}()
	for _, keys := range [][]string{q["owner"], q["account"]} {
		for _, key := range keys {
			if status := t.shut[key]; status != 0 {
				t.hide(keys, status == t.lost && first(q))
				return status
			}
		}
	}
	if len(t.parents) == 0 {
		return 0
	}
	var gone []*row
	for _, id := range q["owner"] {
		if one := t.owner(id); one.gone {
			gone = append(gone, one)
		}
	}
	if len(gone) < len(q["owner"]) {
		return 0
	}
	for _, one := range gone {
		one.missed = true
	}
	return t.lost
}

// hide notes that a request was refused for the sake of one of several.
func (f *refusals) hide(keys []string, empty bool) {
	for _, key := range keys {
		f.refused[key] = time.Now()
		if empty {
			f.empty[key], f.unseen[key] = time.Now(), true
		}
	}
}

// owner is the row of a parent.
func (t *table) owner(id string) *row {
	for _, p := range t.parents {
		if r := p.row(id); r != nil {
			return r
		}
	}
	panic(fmt.Sprintf("table %s: nobody has the id %q", t.name, id))
}

// checkWhole returns an error if a request is for a window that is not over.
func (t *table) checkWhole(q url.Values) error {
	if !t.whole || t.upTo || t.after {
		return nil
	}
	now, err := time.Parse(time.RFC3339Nano, q.Get("asof"))
	to, err2 := t.read(q.Get("to"))
	if err != nil || err2 != nil || to.After(now.Add(-t.settle)) {
		return fmt.Errorf("the window up to %s is not over at %s (%v, %v)", q.Get("to"), q.Get("asof"), err, err2)
	}
	return nil
}

// first reports whether a request is for a first page: one that is refused later
// is a failure, whose records are not to be taken for all.
func first(q url.Values) bool {
	return q.Get("cursor")+q.Get("after") == "" && q.Get("offset")+q.Get("page") <= "1"
}

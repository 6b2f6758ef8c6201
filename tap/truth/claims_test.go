package truth_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/state"
)

// setting is what a run is given besides its state.
type setting struct {
	accounts []string
	asked    map[*table]bool // by accounts, as the definition has it
	selected map[*table]bool
}

// claim says that a pass which began then has read a stream, as far as it could.
type claim struct {
	state.Pass
	done    bool // nothing of it is owed
	setting *setting
}

// String says which pass it is.
func (c claim) String() string {
	return fmt.Sprintf("%s of accounts %v", c.AsOf.UTC().Format(time.RFC3339Nano), c.setting.accounts)
}

// claims adds a claim to others: the same pass holds for what it held when it
// was over, or for more when nothing is owed of it any more.
func claims(all []claim, c claim) []claim {
	if n := len(all); n > 0 && all[n-1].ID == c.ID {
		if c.setting = all[n-1].setting; c.done == all[n-1].done {
			return all
		}
		all = all[:n-1]
	}
	const most = 4 // what they say is in the later ones, but for accounts that are left out
	return append(slices.Clone(all[max(0, len(all)-most+1):]), c)
}

// reads reports whether the pass finds a row, as it is now: in what is asked for,
// and not refused since then; owed says that a refusal would be remembered. What it
// belongs to is found by passes of their own, or by the one that reads the row for it.
func (c claim) reads(r *row, owed bool) bool { return c.readsFor(r.table, r, owed) }

func (c claim) readsFor(of *table, r *row, owed bool) bool {
	t, v := r.table, r.last()
	if r.gone || v.from.After(c.AsOf) || !v.stamp.Before(t.horizon(c.AsOf)) {
		return false
	}
	if c.setting.asked[t] && (!slices.Contains(c.setting.accounts, r.account) || t.hid(r.account, c.AsOf, owed)) {
		return false
	}
	if t.changedOnly && (r.owner.leftUnseen(t, v.from) || r.owner.leftUnseen(of, v.from)) {
		return false
	}
	return r.owner == nil || !t.hid(r.owner.key(), c.AsOf, owed) && c.readsFor(of, r.owner, false)
}

// leftUnseen reports whether a row was changed while a pass of those it owns was
// read which began after a time: it may have left the parent's window before it
// was listed, so that the pass did not see what had changed before.
func (r *row) leftUnseen(t *table, since time.Time) bool {
	return slices.ContainsFunc(t.passes, func(p reading) bool {
		return !p.asOf.Before(since) && slices.ContainsFunc(r.versions, func(v version) bool {
			return v.from.After(p.asOf.Add(-mostSkew)) && !v.from.After(p.over)
		})
	})
}

// reading is when a pass began, and was over.
type reading struct{ asOf, over time.Time }

// mostSkew is how far the API's clock may be ahead.
const mostSkew = 10 * time.Minute

// chain says what a row belongs to.
func (r *row) chain() string {
	if r.owner == nil {
		return "account " + r.account
	}
	return fmt.Sprintf("account %s and %s %s (since %s, gone %v), which is of %s",
		r.account, r.owner.table.name, r.owner.last().text, r.owner.last().from.UTC().Format(time.RFC3339Nano), r.owner.gone, r.owner.chain())
}

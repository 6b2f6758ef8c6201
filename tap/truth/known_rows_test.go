package truth_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// known is what counts for marks of a table's rows that are gone.
type known struct {
	unread   time.Time            // when a request for its rows was refused last
	excluded map[string]time.Time // accounts, and when it was last not asked for them
	doubted  map[time.Time]bool   // passes that marked nothing, and said so
	floor    int                  // of the target's log: keys that came before it are not known any more
}

// mark says that a row is gone.
type mark struct {
	marked bool
	dated  bool
	from   time.Time // when the pass began that missed it, or later
}

// drawKnown draws which streams leave out what did not change, or mark what is gone.
func (w *world) drawKnown(chance *rand.Rand) {
	for _, t := range w.tables {
		t.excluded, t.doubted = map[string]time.Time{}, map[time.Time]bool{}
		t.skips = !t.full && t.look > 0 && chance.IntN(3) > 0
		t.marks = t.full && !t.changedOnly && !slices.ContainsFunc(t.parents, (*table).readsTimes) && chance.IntN(3) > 0
	}
}

// readsTimes reports whether a table, or one above it, is asked for by time.
func (t *table) readsTimes() bool {
	return !t.full || slices.ContainsFunc(t.parents, (*table).readsTimes)
}

// drawTags draws which streams are asked only for pages that have changed. Their rows may
// be again what they were, and so move back in their list.
func (w *world) drawTags(chance *rand.Rand) {
	for _, t := range w.tables {
		if t.full && !t.marks && !t.feeds && chance.IntN(3) > 0 {
			t.tags, t.paging = true, "cursor"
		}
	}
}

// tag is what an answer of a table says of itself; "": nothing.
func (t *table) tag(status int, text []byte) string {
	if !t.tags || status != http.StatusOK {
		return ""
	}
	hash := fnv.New64a()
	_, _ = hash.Write(text)
	return fmt.Sprintf(`"%x"`, hash.Sum64())
}

// revert makes a row again what it was, where the definition promises to see that.
func (w *world) revert(t *table, r *row, at time.Time) bool {
	if !t.skips && !t.tags || len(r.versions) < 2 || w.chance.IntN(2) > 0 {
		return false
	}
	v := r.versions[len(r.versions)-2]
	if t.skips && v.stamp.Before(at.Add(w.skew).Add(-t.late())) {
		return false
	}
	v.from = at
	w.put(t, r, v)
	return true
}

// takeMark takes the mark of a row that is gone.
func (g *target) takeMark(t *testing.T, one *table, text []byte) {
	t.Helper()
	var key struct {
		ID json.Number `json:"id"`
	}
	if err := json.Unmarshal(text, &key); err != nil {
		t.Fatalf("mark %s: %v", text, err)
	}
	r := one.row(key.ID.String())
	if r == nil || !one.marks {
		t.Errorf("stream %s: %s is marked, which was never in the API", one.name, text)
		return
	}
	g.log = append(g.log, entry{table: one, place: place{row: r}, mark: mark{marked: true}})
}

// dateMarks dates the marks that came since the last state, by the passes of the
// next one, and checks that what they say was so. Without a state, it is not known
// which pass they are of.
func (g *target) dateMarks(t *testing.T, passes map[string]bookmark) {
	t.Helper()
	for i := len(g.log) - 1; i >= 0 && i >= g.last().length; i-- {
		e := &g.log[i]
		if !e.marked || e.dated {
			continue
		}
		e.dated, e.from = true, time.Now()
		if b := passes[e.table.name]; b.Pass != nil {
			if e.from = b.Pass.AsOf; !e.table.absent(e.row, e.from) {
				t.Errorf("stream %s: %s is marked by the pass of %s, and was there all the time, of %s", e.table.name, e.row.last().text, e.from.UTC().Format(time.RFC3339Nano), e.row.chain())
			}
		}
	}
}

// absent reports whether a row was not to be seen for a while since a time.
func (t *table) absent(r *row, since time.Time) bool {
	return r.gone || r.back.After(since) || !t.excluded[r.account].Before(since) || r.owner != nil && r.owner.table.absent(r.owner, since)
}

// exclude notes which accounts a run does not ask for, and that without a state of a
// stream nothing leads to what was noted of it with other settings.
func (r *run) exclude() {
	for _, t := range r.api.world.tables {
		if r.changes && r.target.last().marks[t.name].Pass == nil {
			t.floor = len(r.target.log)
		}
		for _, account := range accounts {
			if r.setting.asked[t] && !slices.Contains(r.setting.accounts, account) {
				t.excluded[account] = time.Now()
			}
		}
	}
}

// checkMarks checks that after a run that read a table to its end no row is in the
// copy that was gone before it began.
func (r *run) checkMarks() {
	r.t.Helper()
	r.noteLost()
	if !r.whole {
		return
	}
	for _, t := range r.api.world.tables {
		b := r.target.last().marks[t.name]
		if !t.marks || !r.setting.selected[t] || !b.done() || t.wasRefused(b.Pass.AsOf) {
			continue
		}
		if t.doubted[b.Pass.AsOf] = t.doubted[b.Pass.AsOf] || r.says(t, "no record of the stream is marked as deleted"); t.doubted[b.Pass.AsOf] {
			continue // the state may be that of an earlier run
		}
		copied := map[*row]held{}
		for _, e := range r.target.log[t.floor:] {
			if e.table == t {
				copied[e.row] = held{e.version, e.mark}
			}
		}
		for _, one := range t.rows {
			h, there := copied[one]
			if there && !h.marked && one.gone && one.left.Before(b.Pass.AsOf) {
				r.t.Errorf("stream %s: the target has %s, gone since %s, which the pass of %s did not mark",
					t.name, one.last().text, one.left.UTC().Format(time.RFC3339Nano), b.Pass.AsOf.UTC().Format(time.RFC3339Nano))
			}
		}
	}
}

// forgetRows lets what is known of rows be lost, every other time.
func (l *life) forgetRows() {
	if l.runs%2 > 0 {
		return
	}
	if err := os.RemoveAll(filepath.Join(l.dir, "t", "rows")); err != nil {
		l.t.Fatal(err)
	}
	for _, t := range l.api.world.tables {
		t.floor = len(l.target.log)
	}
}

// noteLost notes what the log says of keys that are not known any more: until they
// have come again, rows may go unseen.
func (r *run) noteLost() {
	for _, t := range r.api.world.tables {
		if r.says(t, "keys that were gone before this run may stay unmarked") {
			t.floor = r.start
		}
		t.floor = min(t.floor, len(r.target.log)) // the target may have gone back
	}
}

// says reports whether the log has a text about a table.
func (r *run) says(t *table, what string) bool {
	for text := range strings.Lines(r.log.String()) {
		if strings.Contains(text, what) && strings.Contains(text, "stream="+t.name+" ") {
			return true
		}
	}
	return false
}

// wasRefused reports whether a part of a table was not shown since a time.
func (t *table) wasRefused(since time.Time) bool {
	return !t.unread.Before(since) || slices.ContainsFunc(t.parents, func(p *table) bool { return p.wasRefused(since) })
}

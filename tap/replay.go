package tap

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// keepRecorded leaves those of the wanted streams that the journal has a pass
// of.
func (r planner) keepRecorded(wanted map[string]*catalog.Stream) error {
	var missing []string
	for _, s := range r.Definition.Streams {
		if _, ok := wanted[s.Name]; ok && len(plan.InRange(r.journal.PassesOf(s.Name, false), r.again())) == 0 {
			missing = append(missing, s.Name)
			delete(wanted, s.Name)
		}
	}
	if len(missing) > 0 && len(wanted) == 0 {
		return unusable("nothing to replay: the journal has no pass of %s", strings.Join(missing, ", "))
	}
	for _, name := range missing {
		r.Log.Warn("the journal has no pass of the stream: it is left out", "stream", name)
	}
	return nil
}

// replayEnds says what it means that a walk ends with err. Where that is a
// replay of an unfinished pass, and the journal holds nothing more of it, it is
// no failure.
func (w *walker) replayEnds(err error) error {
	if w.part.Pass.Way != plan.Replay || !errors.Is(err, fetch.ErrNotRecorded) {
		return err
	}
	pages := w.at.Next.Pages - w.part.Start.Next.Pages
	if pages == 0 && !w.part.pass.many {
		held, scanErr := w.journal.HasAny(w.part.Pass.Recorded)
		switch {
		case scanErr != nil:
			return scanErr
		case held:
			return fmt.Errorf("%w: the journal has only what came later in this pass: give --state with a STATE of the pass to begin there", err)
		}
	}
	if w.part.Pass.Recorded.Finished {
		return err
	}
	if !w.part.pass.many {
		w.log.Info("the pass was not finished: this is all that the journal has of it", "stream", w.part.Stream.Name, "pages", pages)
	} else if first, _ := w.part.pass.findings.First("replay", ""); first {
		w.log.Info("the pass was not finished: of some of its partitions the journal has no more than a beginning, or nothing", "stream", w.part.Stream.Name)
	}
	return fetch.ErrStopped
}

package tap

import (
	"fmt"

	"github.com/tap-rest/tap-rest/tap/logs"
)

// astray is a record of a parent that leads a child to no context, though it should:
// it has no value for a key, say.
type astray struct {
	parent, child *pass
	err           error
}

// leadsAstray tells of such a record: the child fails, and the parent, whose record
// leaves like the others, does not.
func (w *worker) leadsAstray(child *pass, err error) astray {
	err = logs.HideError(w.run.Config.Hider, fmt.Errorf("%w; nothing is read of what belongs to this record, and the next run looks at it again", err))
	if w.run.flow != nil && child.patience.Tells() { // else it is a look at first pages
		w.run.Log.Error(err.Error(), "stream", child.stream.Name)
	}
	return astray{w.pass, child, fmt.Errorf("stream %s: %w", child.stream.Name, err)}
}

// take takes note of the record, for the emitter. There is no context that could be
// owed: one that comes later is new, and read from its start.
func (a astray) take() {
	t := a.child.track
	t.account.Fail(a.err)
	t.fails(a.err)
	a.child.lacks("of a parent's record, the stream's contexts could not be found out")
	a.parent.owes, a.child.owes = true, true
}

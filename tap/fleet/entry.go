package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/progress"
)

// Status is what became of a part.
type Status string

// What becomes of parts. One that has no [Entry] waits.
const (
	Waiting Status = "waiting" // for a worker
	Working Status = "working" // a worker has it
	Owed    Status = "owed"    // it failed for now, and comes again
	Failed  Status = "failed"  // it is given up, until the pass is submitted again
	Done    Status = "done"
)

// Entry is what is known of a part.
type Entry struct {
	Stream    string          `json:"stream,omitempty"` // "": the rest of the plan
	Partition string          `json:"partition"`
	Context   json.RawMessage `json:"context,omitempty"` // and its window, as the plan has them
	Start     json.RawMessage `json:"start,omitempty"`
	End       json.RawMessage `json:"end,omitempty"`
	Status    Status          `json:"status"`
	Worker    string          `json:"worker,omitempty"` // that had it last
	Since     time.Time       `json:"since"`            // UTC
	Tries     int             `json:"tries,omitempty"`  // that failed
	Busy      int             `json:"busy,omitempty"`   // tries that found the journal locked by another process
	Lost      int             `json:"lost,omitempty"`   // workers, one after the other, that had it and said nothing any more
	Why       string          `json:"why,omitempty"`    // the last of them did
	State     json.RawMessage `json:"state,omitempty"`  // that targets have confirmed
}

// partOf names a part among those of its pass.
func partOf(stream, partition string) string {
	if stream == "" {
		return rest
	}
	return short([]byte(stream + "\x00" + partition))
}

func entryKey(pass, part string) string { return "part." + pass + "." + part }

// entries hands out what is known of the parts of a pass, in no order.
func (f *Fleet) entries(ctx context.Context, pass string, visit func(*Entry) error) error {
	w, err := f.server.keys.Watch(ctx, entryKey(pass, "*"), jetstream.IgnoreDeletes())
	if err != nil {
		return f.server.because(err)
	}
	defer w.Stop()
	for {
		select {
		case kv, ok := <-w.Updates():
			if !ok {
				return f.server.because(ctx.Err())
			}
			if kv == nil {
				return nil
			}
			var e Entry
			if err := json.Unmarshal(kv.Value(), &e); err != nil {
				return fmt.Errorf("fleet %s: the value of the key %s cannot be read: %w", f.Name(), kv.Key(), err)
			}
			if err := visit(&e); err != nil {
				return err
			}
		case <-ctx.Done():
			return f.server.because(ctx.Err())
		}
	}
}

// add adds a state that a target has confirmed.
func (e *Entry) add(confirmed []byte) error {
	one, err := state.ParseSinger("of the target", confirmed)
	if err != nil {
		return err
	}
	if len(e.State) > 0 {
		before, err := state.ParseSinger("of the fleet", e.State)
		if err != nil {
			return err
		}
		if one, err = progress.MergeStates(before, one, "of the target"); err != nil {
			return err
		}
	}
	e.State, e.Lost = one.AppendSinger(nil), 0
	return nil
}

package target

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// Keeper keeps the state that a target has confirmed last.
type Keeper struct {
	place string                   // for messages
	keep  func(state []byte) error // nil: nowhere
	reads func(stream string) bool
	log   *slog.Logger

	mu     sync.Mutex
	last   []byte // nil: none yet
	failed error  // why the last one is not kept
	other  int    // lines that were no state
}

// NewKeeper returns a keeper of states in a file, "" for none; reads reports whether the
// tap has a stream. The error says that the file could not be written.
func NewKeeper(file string, reads func(stream string) bool, log *slog.Logger) (*Keeper, error) {
	if file == "" {
		return KeeperIn("", nil, reads, log), nil
	}
	if err := workdir.Writable(file); err != nil {
		return nil, fmt.Errorf("--state: %s could not be written, where the states are to be kept that the target confirms: %w", file, err)
	}
	sweep := sync.OnceFunc(func() { // the run that has written a state has the lock
		if err := workdir.Sweep(file); err != nil {
			log.Warn("what killed runs left beside the state file could not be removed", "file", file, "why", err.Error())
		}
	})
	return KeeperIn(file, func(state []byte) error {
		sweep()
		return workdir.Write(file, slices.Concat(state, []byte("\n")))
	}, reads, log), nil
}

// KeeperIn returns a keeper of states in another place, which messages name: a state lies
// there, for good, when keep returns nil.
func KeeperIn(place string, keep func(state []byte) error, reads func(stream string) bool, log *slog.Logger) *Keeper {
	return &Keeper{place: place, keep: keep, reads: reads, log: log}
}

// Printed takes a line that a target has printed. A state is kept, whole, when Printed
// returns.
func (k *Keeper) Printed(line []byte) {
	if len(line) == 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	printed, err := state.ParseSinger("stdout of the target", line)
	if err == nil {
		err = k.strange(printed)
	}
	if err != nil {
		if k.other++; k.other == 1 {
			k.log.Warn("the target printed a line that is no state of this tap: the line is ignored, and others like it are too, but not logged", "why", err.Error())
		}
		return
	}
	k.last = printed.AppendSinger(k.last[:0])
	if k.keep == nil {
		return
	}
	before := k.failed
	if k.failed = k.keep(k.last); k.failed != nil && before == nil {
		k.log.Error("the state that the target has confirmed could not be written: the next run goes on from the one before, and what the target has got since comes again",
			"to", k.place, "why", k.failed.Error())
	}
}

// strange says why a state is none that a run of this tap sends; nil: it may be one. To
// keep that of another tap is to lose what was confirmed, and the next run would refuse
// it.
func (k *Keeper) strange(s *state.State) error {
	names := s.Names()
	if len(names) == 0 {
		return errors.New("it has no bookmark of a stream")
	}
	foreign := true
	for _, name := range names {
		if !k.reads(name) {
			continue
		}
		b, err := s.Bookmark("stdout of the target", name, "")
		if err != nil {
			return err
		}
		if b != nil && (b.Pass != nil || b.Resume != nil) {
			return nil
		}
		foreign = false
	}
	if foreign {
		return fmt.Errorf("its bookmarks are of %s, which this tap does not read", strings.Join(names, ", "))
	}
	return errors.New("it says of no stream which pass of it was read: this tap did not write it")
}

// Err says why the last state that was confirmed is not kept; nil: it is.
func (k *Keeper) Err() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failed == nil {
		return nil
	}
	return fmt.Errorf("%s could not be written: %w", k.place, k.failed)
}

// Confirmed reports whether a state is the one that was confirmed last, and whether
// any was.
func (k *Keeper) Confirmed(s *state.State) (last, some bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var sent, confirmed any
	if k.last == nil || json.Unmarshal(k.last, &confirmed) != nil || json.Unmarshal(s.AppendSinger(nil), &sent) != nil {
		return false, k.last != nil
	}
	return reflect.DeepEqual(sent, confirmed), true
}

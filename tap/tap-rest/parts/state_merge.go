package parts

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/progress"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/tap-rest/inputs"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// StateCmd works on states.
type StateCmd struct {
	Merge stateMergeCmd `cmd:"" help:"Print what several states say together, of runs that read different partitions of one pass."`
}

// stateMergeCmd merges states.
type stateMergeCmd struct {
	Files []string `arg:"" name:"file" help:"States: the value of a STATE line, or Airbyte's array of STATE messages, all of one kind; - is one on stdin."`
}

// Run prints the merged state on one line.
func (c *stateMergeCmd) Run(rt *program.Runtime) error {
	var merged *state.State
	airbyte := false
	unfinished := unfinishedPasses{}
	for i, file := range c.Files {
		one, array, err := readStateFile(file)
		if err == nil {
			unfinished.tell(rt, file, one)
		}
		switch {
		case err != nil:
			return &tap.InputError{Err: err}
		case i > 0 && array != airbyte:
			return &tap.InputError{Err: errors.New("state merge: " + file + " is of another kind than " + c.Files[0] + ": Airbyte's states and Singer's cannot be merged")}
		case i == 0:
			merged, airbyte = one, array
		}
		if merged, err = progress.MergeStates(merged, one, file); err != nil {
			return &tap.InputError{Err: err}
		}
	}
	line := merged.AppendSinger(nil)
	if airbyte {
		line = merged.AppendAirbyteArray(nil)
	}
	_, err := rt.Stdout.Write(append(line, '\n'))
	return err
}

// unfinishedPasses are those of each stream, and the file that names them.
type unfinishedPasses map[string]struct{ pass, file string }

// tell says where a state is of another pass of a stream than the files before it: of two
// passes, what is done of the earlier one does not count.
func (u unfinishedPasses) tell(rt *program.Runtime, file string, s *state.State) {
	for _, stream := range s.Names() {
		b, err := s.Bookmark(file, stream, "")
		if err != nil || b == nil || b.Pass == nil || b.Resume == nil || b.Resume.Over {
			continue // what cannot be read is the merge's to tell
		}
		before, known := u[stream]
		if known && before.pass != b.Pass.ID {
			rt.Console.Log().Warn("the states are of different passes of a stream, as parts of two plans leave them: the pass that began later counts, and what the other one has done is read again",
				"stream", stream, "files", before.file+", "+file)
		}
		u[stream] = struct{ pass, file string }{b.Pass.ID, file}
	}
}

// readStateFile reads a state; array says that it is Airbyte's.
func readStateFile(file string) (s *state.State, array bool, err error) {
	var data []byte
	if file == "-" {
		data, err = inputs.ReadStdin()
	} else {
		data, err = inputs.ReadFile("state merge", file)
	}
	if err != nil {
		return nil, false, err
	}
	if array = bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")); array {
		s, err = state.ParseAirbyte(file, data)
	} else {
		s, err = state.ParseSinger(file, data)
	}
	if e := (*state.Error)(nil); errors.As(err, &e) {
		err = fmt.Errorf("%w: nothing is merged; each file holds the value of a STATE line, or an array of STATE messages", e.WithoutWayOut())
	}
	return s, array, err
}

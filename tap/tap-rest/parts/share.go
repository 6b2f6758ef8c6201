package parts

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/planfile"
)

// ShareFlags say which part of a plan is read.
type ShareFlags struct {
	Plan      string   `placeholder:"FILE" help:"What tap-rest plan --json printed, of which this run reads --partition or --shard alone; without these, what no state says was read, and the ends."`
	Partition []string `placeholder:"KEY" xor:"share" help:"Of the plan, the partition with this key. May be repeated."`
	Shard     shard    `placeholder:"I/N" xor:"share" help:"Of the plan, every Nth partition, from the Ith on: 1/3, 2/3 and 3/3 are all of them."`
}

// shard is every nth partition of a plan, from the one with number i on, which counts
// from 1. The zero shard is none.
type shard struct{ i, n int }

// UnmarshalText reads I/N.
func (s *shard) UnmarshalText(text []byte) error {
	i, n, ok := strings.Cut(string(text), "/")
	var iErr, nErr error
	s.i, iErr = strconv.Atoi(i)
	s.n, nErr = strconv.Atoi(n)
	if !ok || iErr != nil || nErr != nil || s.i < 1 || s.n < s.i {
		return fmt.Errorf("wants I/N, as 1/3: the first of three shards; not %q", text)
	}
	return nil
}

// Share reads the part of the plan that the flags name, and makes the state one of its
// pass; nil: there is no plan.
func (f *ShareFlags) Share(o *tap.Options, target bool) (*planfile.Share, error) {
	one := f.Shard != shard{}
	switch {
	case f.Plan == "" && (one || len(f.Partition) > 0):
		return nil, errors.New("--partition and --shard are of a plan: give --plan FILE too, with what tap-rest plan --json printed")
	case f.Plan == "":
		return nil, nil
	case target && o.StateFile == "":
		return nil, errors.New("--plan with a target: give --state FILE too; without it nothing keeps what this part has read, and state merge has nothing to join")
	}
	file, err := os.Open(f.Plan)
	if err != nil {
		return nil, fmt.Errorf("--plan: %w", err)
	}
	missing := map[string]bool{}
	for _, key := range f.Partition {
		missing[key] = true
	}
	var wants func(n int, key string) bool
	if one || len(missing) > 0 {
		wants = func(n int, key string) bool {
			wanted := one && n%f.Shard.n == f.Shard.i-1 || missing[key]
			delete(missing, key)
			return wanted
		}
	}
	share, err := planfile.Read(f.Plan, file, wants)
	if err != nil || wants != nil { // else the run reads the file again, as its turn comes
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		return nil, err
	}
	for key := range missing {
		return nil, fmt.Errorf("--partition %s: the plan %s has no such partition that a run may read alone (its first line names in \"rest\" the streams of which it has none, and why)", key, f.Plan)
	}
	o.State, err = share.State(o.StateFile, o.State)
	return share, err
}

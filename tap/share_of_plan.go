package tap

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/progress"
	"github.com/tap-rest/tap-rest/tap/folders"
)

// longestPlanLine is how long a line of a plan may be, in bytes.
const longestPlanLine = 256 << 20

// A Share is a part of a plan, which a run reads alone, or what is left of a plan when
// the parts were read: the streams that are not read in parts, partitions that nobody
// has read, and the ends of the passes.
type Share struct {
	File  string // for messages
	Head  PlanHead
	rest  bool        // it is what is left
	from  io.ReaderAt // all lines, of a plan whose partitions are records: nothing else leads to those
	state *state.State
	parts map[string][]Planned       // of each stream
	mine  map[string]bool            // keys of its partitions
	begun map[string]map[string]bool // keys of partitions of each stream that were open when the plan was made
	owed  map[string]map[string]bool // likewise, that were owed
	sum   [sha256.Size]byte
}

// ReadShare reads of a plan what is wanted: n counts, from 0, the partitions that may be
// read alone. Where wants is nil, it is what is left of the plan, which a run reads from
// there again. Its error names the line.
func ReadShare(file string, from io.ReaderAt, wants func(n int, key string) bool) (*Share, error) {
	s := &Share{File: file, from: from, rest: wants == nil, parts: map[string][]Planned{}, mine: map[string]bool{}, begun: map[string]map[string]bool{}, owed: map[string]map[string]bool{}}
	lines := linesOf(from)
	line, n, among, ended := 0, 0, 0, false
	for s.readsOn() && lines.Scan() {
		line++
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		var err error
		switch {
		case s.state == nil:
			err = s.begin(text)
		case bytes.HasPrefix(text, []byte(`{"end":`)):
			var end PlanEnd
			if err = json.Unmarshal(text, &end); err == nil && end.End != among {
				err = fmt.Errorf("this last line says that %d lines stand between it and the first, and there are %d: make the plan anew", end.End, among)
			}
			ended = true
		case ended:
			err = errors.New("this line stands behind the last line of the plan: a file has one plan")
		default:
			among++
			n, err = s.take(text, n, wants)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, line, err)
		}
	}
	switch err := lines.Err(); {
	case err != nil:
		return nil, fmt.Errorf("%s:%d: %w", file, line+1, err)
	case s.state == nil:
		return nil, fmt.Errorf("%s is empty: a plan is what tap-rest plan --json prints", file)
	case !ended && s.readsOn():
		return nil, fmt.Errorf("%s:%d: the plan is cut off: its last line, {\"end\": …}, is missing: make it anew", file, line+1)
	}
	return s, nil
}

func linesOf(from io.ReaderAt) *bufio.Scanner {
	lines := bufio.NewScanner(io.NewSectionReader(from, 0, math.MaxInt64))
	lines.Buffer(nil, longestPlanLine)
	return lines
}

// readsOn reports whether more than the first line of the plan is needed.
func (s *Share) readsOn() bool { return s.state == nil || !s.rest || len(s.Head.Children) > 0 }

// leadsTo reports whether the plan, and no parent, has the partitions of a stream.
func (s *Share) leadsTo(stream string) bool { return s != nil && len(s.Head.Children[stream]) > 0 }

// partitionsOf are those that the plan has of a stream, one after the other, then nil.
func (s *Share) partitionsOf(stream string) func() (*Planned, error) {
	lines := linesOf(s.from)
	lines.Scan() // the first line is of all streams
	return func() (*Planned, error) {
		for lines.Scan() {
			var p Planned
			if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
				return nil, fmt.Errorf("%s: it has changed since it was looked at: %w", s.File, err)
			}
			if p.Stream == stream && s.Head.InParts(&p) {
				return &p, nil
			}
		}
		return nil, lines.Err()
	}
}

func (s *Share) begin(text []byte) error {
	if err := json.Unmarshal(text, &s.Head); err != nil || s.Head.Plan == 0 {
		return fmt.Errorf("this is not the first line of a plan, which says {\"plan\":%d, …: a plan is what tap-rest plan --json prints, from its first line on", planVersion)
	}
	if s.Head.Plan != planVersion {
		return fmt.Errorf("the plan has format %d, and this tap-rest (%d) reads format %d alone: plan and read with the same version", s.Head.Plan, planVersion, planVersion)
	}
	s.sum = sha256.Sum256(text)
	var err error
	if s.state, err = state.ParseSinger("of the plan", s.Head.State); err != nil {
		return err
	}
	for name := range s.Head.Shapes {
		b, err := s.state.Bookmark("of the plan", name, "")
		if err != nil {
			return err
		}
		if b == nil || b.Resume == nil {
			continue
		}
		s.owed[name], s.begun[name] = keysOf(b.Resume.Owed), keysOf(b.Resume.Open)
	}
	return nil
}

func keysOf(all []state.Open) map[string]bool {
	keys := map[string]bool{}
	for _, o := range all {
		keys[o.Partition] = true
	}
	return keys
}

// take takes the line of a partition.
func (s *Share) take(text []byte, n int, wants func(n int, key string) bool) (int, error) {
	var p Planned
	if err := json.Unmarshal(text, &p); err != nil || p.Stream == "" {
		return n, fmt.Errorf("this is no partition of a plan: %s", clipLine(text))
	}
	if !s.Head.InParts(&p) {
		return n, nil // one of the rest
	}
	if wants != nil && wants(n, p.Partition) {
		s.parts[p.Stream] = append(s.parts[p.Stream], p)
		s.mine[p.Partition] = true
		s.sum = sha256.Sum256(append(s.sum[:], p.Partition...))
	}
	return n + 1, nil
}

func clipLine(text []byte) string {
	if len(text) > 80 {
		return string(text[:80]) + "…"
	}
	return string(text)
}

// empty reports whether no partition is the share's, so that it keeps nothing: a journal
// would be that of all such shares, of which one would keep the others from running.
func (s *Share) empty() bool { return s != nil && !s.rest && len(s.parts) == 0 }

// name names the share among those of all plans: of the same plan and partitions it is
// the same. What is left of a plan has none: it is read like all else.
func (s *Share) name() string {
	if s == nil || s.rest {
		return ""
	}
	return hex.EncodeToString(s.sum[:8])
}

// State is what a run of the share begins from: the state in which the passes of the
// plan have begun, and what earlier runs of the plan have left, in file.
func (s *Share) State(file string, left *state.State) (*state.State, error) {
	begun, err := state.ParseSinger("of the plan "+s.File, s.Head.State)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(s.Head.Shapes)) {
		mine, err := begun.Bookmark(s.File, name, "")
		if err != nil {
			return nil, err
		}
		theirs, err := left.Bookmark(file, name, "")
		if err != nil {
			return nil, err
		}
		if theirs != nil && theirs.Resume != nil && !theirs.Resume.Over && theirs.Pass != nil && mine != nil && mine.Pass != nil && theirs.Pass.ID != mine.Pass.ID {
			return nil, fmt.Errorf("state %s: it has an unfinished pass of %s that is not the plan's (%s): give the state that runs of this plan have left, or none; or make a plan from that state", file, name, s.File)
		}
	}
	return progress.MergeStates(begun, left, file)
}

// Own is what of a state concerns the partitions of the share alone: enough to read them,
// and to be merged with the state of the plan. Of a plan with a million contexts, the
// states of its partitions do not grow with it.
func (s *Share) Own(all *state.State) (*state.State, error) {
	if s.rest {
		return all, nil
	}
	own := &state.State{}
	for _, name := range slices.Sorted(maps.Keys(s.parts)) {
		b, err := all.Bookmark(s.File, name, "")
		if err != nil {
			return nil, err
		}
		mine, known := s.contextsOf(name)
		if b == nil || b.Resume == nil || !known {
			own.Take(name, all)
			continue
		}
		one, left := *b, *b.Resume
		one.Contexts, left.Contexts = b.Contexts.Both(mine), left.Contexts.Both(mine)
		left.Done = slices.DeleteFunc(slices.Clone(left.Done), func(d state.Done) bool { return !mine.Has(d.Context) })
		left.Open = slices.DeleteFunc(slices.Clone(left.Open), func(o state.Open) bool { return s.begun[name][o.Partition] && !s.mine[o.Partition] })
		left.Owed = slices.DeleteFunc(slices.Clone(left.Owed), func(o state.Open) bool { return s.owed[name][o.Partition] })
		one.Resume = &left
		own.Set(name, &one)
	}
	return own, nil
}

// contextsOf are the hashes of the contexts of the share's partitions of a stream: 0 where
// it has none. known is false where secrets keep them from being known here.
func (s *Share) contextsOf(stream string) (all state.Contexts, known bool) {
	for _, p := range s.parts[stream] {
		hash := uint64(0)
		switch {
		case bytes.HasPrefix(p.Context, []byte(`"`)):
			return nil, false
		case p.Context != nil:
			hash = state.HashContext(p.Context)
		}
		all = append(all, hash)
	}
	slices.Sort(all)
	return slices.Compact(all), true
}

// differs says what of a plan is other in this run; "": nothing.
func (s *Share) differs(r *run) string {
	h, digests := &s.Head, r.Config.Digests()
	var all []string
	if h.Source != r.Definition.Name {
		return fmt.Sprintf("it is of the source %q, and the config names %q", h.Source, r.Definition.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(digests)) {
		if h.Settings[name] != digests[name] {
			all = append(all, "the setting "+name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(h.Settings)) {
		if _, ok := digests[name]; !ok {
			all = append(all, "the setting "+name+", which is missing here")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(h.Shapes)) {
		d := r.Definition.Stream(name)
		switch {
		case d == nil:
			all = append(all, "the stream "+name+", which the definition does not have")
		case len(all) == 0 && r.Config.Shape(d) != h.Shapes[name]:
			all = append(all, "the requests of the stream "+name)
		}
	}
	if len(all) == 0 && h.Catalog != r.catalogDigest() {
		all = append(all, "the catalog")
	}
	if len(all) == 0 && h.Digest != r.Definition.Digest {
		all = append(all, "the definition (in what decides no request of the plan)")
	}
	if len(all) > 0 {
		return strings.Join(all, ", ") + " is not what it was when the plan was made"
	}
	return ""
}

// RemoveJournal removes the journal of a share that is read, and whose state is kept where
// nobody loses it: no run asks for its answers again.
func (s *Share) RemoveJournal(o Options) error {
	if s.name() == "" || o.Config.Run.Journal.Off {
		return nil
	}
	dir, err := folders.Journal(o.WorkDir, o.Definition, o.Config, s.name())
	if err == nil {
		err = os.RemoveAll(dir)
	}
	return err
}

// Check refuses a plan of something else than a run with these options would read. It
// makes no call. Its error is an *InputError.
func (s *Share) Check(o Options) error {
	o.Share = s
	r := newRun(o)
	defer r.close()
	return r.checkShare()
}

// checkShare refuses a plan of something else. Its error is an *InputError.
func (r *run) checkShare() error {
	s := r.Share
	if s == nil {
		return nil
	}
	if r.Config.Run.Start != "" || r.Config.Run.End != "" {
		return unusable("plan %s: run.start and run.end read a range of time again, which no plan is for: leave them out, or leave --plan out", s.File)
	}
	if s.Head.Program != r.Version {
		return unusable("plan %s: it was made by tap-rest %s, and this is %s: plan and read with the same version", s.File, s.Head.Program, r.Version)
	}
	if why := s.differs(r); why != "" {
		return unusable("plan %s: %s, so nothing was fetched; read with the config, the catalog and the --select of the plan, or make another plan", s.File, why)
	}
	return nil
}

package planfile

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/tap-rest/tap-rest/state"
)

// longestPlanLine is how long a line of a plan may be, in bytes.
const longestPlanLine = 256 << 20

// A Share is a part of a plan, which a run reads alone, or what is left of a plan when
// the parts were read: the streams that are not read in parts, partitions that nobody
// has read, and the ends of the passes.
type Share struct {
	File  string // for messages
	Head  Head
	rest  bool        // it is what is left
	from  io.ReaderAt // all lines, of a plan whose partitions are records: nothing else leads to those
	state *state.State
	parts map[string][]Planned       // of each stream
	mine  map[string]bool            // keys of its partitions
	begun map[string]map[string]bool // keys of partitions of each stream that were open when the plan was made
	owed  map[string]map[string]bool // likewise, that were owed
	sum   [sha256.Size]byte
}

// Read reads of a plan what is wanted: n counts, from 0, the partitions that may be
// read alone. Where wants is nil, it is what is left of the plan, which a run reads from
// there again. Its error names the line.
func Read(file string, from io.ReaderAt, wants func(n int, key string) bool) (*Share, error) {
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
			var end End
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

// LeadsTo reports whether the plan, and no parent, has the partitions of a stream.
func (s *Share) LeadsTo(stream string) bool { return s != nil && len(s.Head.Children[stream]) > 0 }

// PartitionsOf are those that the plan has of a stream, one after the other, then nil.
func (s *Share) PartitionsOf(stream string) func() (*Planned, error) {
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
		return fmt.Errorf("this is not the first line of a plan, which says {\"plan\":%d, …: a plan is what tap-rest plan --json prints, from its first line on", version)
	}
	if s.Head.Plan != version {
		return fmt.Errorf("the plan has format %d, and this tap-rest (%d) reads format %d alone: plan and read with the same version", s.Head.Plan, version, version)
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

// IsRest reports whether the share is what is left of the plan.
func (s *Share) IsRest() bool { return s.rest }

// Parts are the partitions that the share has of a stream.
func (s *Share) Parts(stream string) []Planned { return s.parts[stream] }

// Mine reports whether a partition is one of the share.
func (s *Share) Mine(key string) bool { return s.mine[key] }

// WasOpen reports whether a partition of a stream was open when the plan was made.
func (s *Share) WasOpen(stream, key string) bool { return s.begun[stream][key] }

// WasOwed reports whether a partition of a stream was owed when the plan was made.
func (s *Share) WasOwed(stream, key string) bool { return s.owed[stream][key] }

// Begun is the state in which the passes of the plan have begun.
func (s *Share) Begun() *state.State { return s.state }

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

// Empty reports whether no partition is the share's, so that it keeps nothing: a journal
// would be that of all such shares, of which one would keep the others from running.
func (s *Share) Empty() bool { return s != nil && !s.rest && len(s.parts) == 0 }

// Name names the share among those of all plans: of the same plan and partitions it is
// the same. What is left of a plan has none: it is read like all else.
func (s *Share) Name() string {
	if s == nil || s.rest {
		return ""
	}
	return hex.EncodeToString(s.sum[:8])
}

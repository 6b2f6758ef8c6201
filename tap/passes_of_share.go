package tap

import (
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/tap/plan"
)

// ofShare keeps the passes of which the run reads something, where it reads a share.
func (r planner) ofShare(all []*pass) (kept []*pass, err error) {
	s := r.Share
	if s == nil {
		return all, nil
	}
	if s.Empty() {
		r.Log.Info("this part of the plan has no partition: a run with --plan and neither --partition nor --shard reads what no run can read alone", "plan", s.File)
	}
	seen := map[string]bool{}
	var owing []string
	for _, p := range all {
		name := p.stream.Name
		_, shared := s.Head.Shapes[name]
		if shared = shared && !p.feed; shared {
			seen[name], p.parted.share = true, s.Parts(name)
		}
		if !shared || !s.IsRest() && len(p.parted.share) == 0 {
			if s.IsRest() && !slices.Contains(s.Head.Read, name) {
				kept = append(kept, p)
			}
			continue
		}
		read, owed, err := r.isRead(p)
		switch {
		case err != nil:
			return nil, err
		case read && owed > 0:
			r.Log.Warn("the state says that this was read already, but for partitions that failed for good: the next pass asks for them first", "stream", name, "owed", owed)
			owing = append(owing, name)
		case read:
			r.Log.Info("the state says that this was read already", "stream", name)
		default:
			kept = append(kept, p)
		}
	}
	for name := range s.Head.Shapes {
		if !seen[name] && (s.IsRest() || len(s.Parts(name)) > 0) {
			return nil, unusable("plan %s: its stream %s is not selected here: read with the catalog of the plan", s.File, name)
		}
	}
	if len(owing) > 0 && len(kept) == 0 {
		return nil, unusable("plan %s: its passes are over, but partitions of %s are owed, which failed for good: mend what the log said of them, and read with a new plan, or without one: the next pass asks for them first", s.File, strings.Join(owing, ", "))
	}
	for _, p := range kept {
		for _, f := range p.feeds {
			if slices.Contains(s.Head.Read, f.stream.Name) && !slices.Contains(kept, f) {
				return nil, unusable("plan %s: it says that %s was read, and has no partition of %s, which its records lead to: make another plan", s.File, f.stream.Name, p.stream.Name)
			}
		}
	}
	return withoutUnread(kept), nil
}

// withoutUnread leaves out of passes the children of which the run reads nothing, and the
// passes that are read for those alone.
func withoutUnread(kept []*pass) []*pass {
	for n := -1; n != len(kept); {
		n = len(kept)
		for _, p := range kept {
			p.children = slices.DeleteFunc(p.children, func(c *child) bool { return !slices.Contains(kept, c.pass) })
		}
		kept = slices.DeleteFunc(kept, func(p *pass) bool { return p.feed && len(p.children) == 0 })
	}
	return kept
}

// isRead reports whether the state says that a pass of the plan is over, and how many of
// its partitions it owes then. Its error says that the state is of another pass, or that
// the pass cannot go on in this run.
func (r planner) isRead(p *pass) (read bool, owed int, err error) {
	begun, err := r.Share.Begun().Bookmark(r.Share.File, p.stream.Name, p.stream.ReplicationKey)
	if err != nil {
		return false, 0, err
	}
	now, err := r.State.Bookmark(r.StateFile, p.stream.Name, p.stream.ReplicationKey)
	if err != nil {
		return false, 0, err
	}
	if begun == nil || begun.Pass == nil || now == nil || now.Pass == nil || now.Pass.ID != begun.Pass.ID {
		return false, 0, unusable("plan %s: the state is of another pass of %s than the plan: give the state that a run of the same plan has left, or none", r.Share.File, p.stream.Name)
	}
	read = now.Resume == nil || now.Resume.Over
	if now.Resume != nil {
		owed = len(now.Resume.Owed)
	}
	if !read && p.decision.Way != plan.FromState {
		return false, 0, unusable("plan %s: its pass of %s cannot go on here: the replication key, the replication method or the range that is read again (run.start, run.end) is another than when it was made, "+
			"so nothing was fetched; read with the config and the catalog of the plan, or make another plan", r.Share.File, p.stream.Name)
	}
	return read, owed, nil
}

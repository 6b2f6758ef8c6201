package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/tap-rest/tap-rest/sources/fetch/pace"
)

// Progress says in lines for people how far a run is, from the snapshots that it is shown.
// It is used by one goroutine at a time. What it says changes only where the run does.
type Progress struct {
	seen   []*Snapshot          // of the last paceOver, the oldest first
	began  map[string]time.Time // when a stream was first seen to have begun
	latest *Snapshot
}

const (
	// paceOver is over how long the pace of a stream is measured.
	paceOver = 10 * time.Second
	// leftAfter is how long a stream is under way before people are told how long the
	// rest may take.
	leftAfter = 5 * time.Second
	// widestName is how many characters a name has at most where lines are aligned.
	widestName = 24
)

// Saw takes a snapshot, which is later than those before.
func (p *Progress) Saw(s *Snapshot) {
	p.latest = s
	for len(p.seen) > 0 && s.At.Sub(p.seen[0].At) > paceOver {
		p.seen = p.seen[1:]
	}
	p.seen = append(p.seen, s)
	if p.began == nil {
		p.began = map[string]time.Time{}
	}
	for i := range s.Streams {
		if one := &s.Streams[i]; one.Begun() {
			if _, known := p.began[one.Name]; !known {
				p.began[one.Name] = s.At
			}
		}
	}
}

// Lines are the run in at most so many lines: one for each stream under way, then one for
// all.
func (p *Progress) Lines(most int) []string {
	if p.latest == nil {
		return nil
	}
	under := p.latest.underWay()
	shown := under
	if room := max(0, most-1); len(shown) > room {
		shown = shown[:max(0, room-1)]
	}
	width := 0
	for _, one := range shown {
		width = max(width, min(Width(one.Name), widestName))
	}
	var lines []string
	for _, one := range shown {
		name := Clip(Plain(one.Name), width)
		lines = append(lines, name+strings.Repeat(" ", width-Width(name))+"  "+p.stream(one))
	}
	if n := len(under) - len(shown); n > 0 && most > 1 {
		lines = append(lines, Numbered(int64(n), "%s more [stream is|streams are] under way"))
	}
	return append(lines, p.latest.counts())
}

// Line is the run in one line. While requests wait for a limit, it says for which.
func (s *Snapshot) Line() string {
	if wait := s.longestWait(); wait != nil {
		all := s.Total()
		return Plain(fmt.Sprintf("%s; %s, %s", wait, Numbered(all.Records, "%s record[|s]"), Numbered(all.Calls, "%s call[|s]")))
	}
	return s.counts()
}

// Brief is the run in one line with the streams that are under way, but not very many.
func (p *Progress) Brief() string {
	if p.latest == nil {
		return ""
	}
	const most = 5
	text := p.latest.counts()
	under := p.latest.underWay()
	for i, one := range under[:min(len(under), most)] {
		sep := ", "
		if i == 0 {
			sep = "; under way: "
		}
		text += sep + Plain(one.Name)
		if about := p.about(one); about != "" {
			text += " (" + about + ")"
		}
	}
	if n := len(under) - most; n > 0 {
		text += Numbered(int64(n), " and %s more")
	}
	return text
}

// underWay are the streams that have begun and are not over: those with walks come first.
func (s *Snapshot) underWay() []*StreamSnapshot {
	var all []*StreamSnapshot
	for i := range s.Streams {
		if one := &s.Streams[i]; one.Begun() && !one.Over && !one.Hidden {
			all = append(all, one)
		}
	}
	slices.SortStableFunc(all, func(a, b *StreamSnapshot) int { return int(min(b.Walking, 1) - min(a.Walking, 1)) })
	return all
}

// counts are the sums of the run.
func (s *Snapshot) counts() string {
	all := s.Total()
	done, streams := 0, 0
	for i := range s.Streams {
		if one := &s.Streams[i]; !one.Hidden {
			streams++
			if one.Done || one.Failed {
				done++
			}
		}
	}
	text := fmt.Sprintf("%s, %s, %s, %d of %d streams done", Numbered(all.Records, "%s record[|s]"), Numbered(all.Calls, "%s call[|s]"), size(all.Bytes), done, streams)
	if all.Recalled > 0 {
		text += ", " + count(all.Recalled) + " from the journal"
	}
	return text + ", since " + s.Started.UTC().Format("15:04:05Z")
}

// longestWait is the one that ends last of those that people should know of; nil: there
// is none.
func (s *Snapshot) longestWait() (longest *pace.Wait) {
	for i := range s.Streams {
		if w := s.Streams[i].Wait; w != nil && (longest == nil || w.Until.After(longest.Until)) {
			longest = w
		}
	}
	return longest
}

// stream is how far a stream is, without its name.
func (p *Progress) stream(one *StreamSnapshot) string {
	parts := []string{Numbered(one.Records, "%s record[|s]"), Numbered(one.Pages, "%s page[|s]"), Numbered(one.Calls, "%s call[|s]")}
	if pace := p.pace(one); pace > 0 {
		parts = append(parts, perTime(pace))
	}
	if about := p.about(one); about != "" {
		if one.Wait != nil { // first, so that a narrow terminal has it
			parts = append([]string{about}, parts...)
		} else {
			parts = append(parts, about)
		}
	}
	return strings.Join(parts, ", ")
}

// about says which part of a stream is done, how long the rest may take, and what it
// waits for.
func (p *Progress) about(one *StreamSnapshot) string {
	var parts []string
	if one.Wait != nil {
		parts = append(parts, Plain(one.Wait.String()))
	}
	if one.All > 1 || one.Partitions > 0 {
		parts = append(parts, partitions(one))
	}
	if done, all := one.share(); all > 0 {
		parts = append(parts, fmt.Sprintf("%d%%", min(99, done*100/all)))
		if left := p.left(one); left > 0 && one.Wait == nil {
			parts = append(parts, roughly(left)+" left")
		}
	}
	return strings.Join(parts, ", ")
}

// partitions says how many partitions are done.
func partitions(one *StreamSnapshot) string {
	text := Numbered(one.Partitions, "%s [partition|partitions] done")
	if one.All > 1 {
		text = count(one.Partitions) + " of " + count(one.All) + " partitions done"
	}
	if one.Failures > 0 {
		text += ", " + count(one.Failures) + " failed"
	}
	if one.Walking > 0 {
		text += ", " + count(one.Walking) + " under way"
	}
	return text
}

// share is how much of a stream is done: so much of so much; 0 of 0 where nobody knows.
func (s *StreamSnapshot) share() (done, all int64) {
	if s.All > 1 {
		return min(s.Partitions+s.Failures, s.All), s.All
	}
	return s.Reached, s.Total
}

// left is how long the rest of a stream takes, if it goes on as it did in this run; 0
// where nobody knows.
func (p *Progress) left(one *StreamSnapshot) time.Duration {
	done, all := one.share()
	took := p.latest.At.Sub(p.began[one.Name])
	done -= one.Began
	if done <= 0 || took < leftAfter {
		return 0
	}
	rest := float64(all - one.Began - done)
	return time.Duration(min(float64(took)*rest/float64(done), math.MaxInt64/2))
}

// pace is how many records of a stream came in each second of the last ones.
func (p *Progress) pace(one *StreamSnapshot) float64 {
	first := p.seen[0]
	took := p.latest.At.Sub(first.At)
	i := slices.IndexFunc(first.Streams, func(s StreamSnapshot) bool { return s.Name == one.Name })
	if took < time.Second || i < 0 {
		return 0
	}
	return float64(one.Records-first.Streams[i].Records) / took.Seconds()
}

// perTime writes a pace with two digits that count: 1,200/s, or 12/min.
func perTime(perSecond float64) string {
	unit := "/s"
	if perSecond < 1 {
		perSecond, unit = perSecond*60, "/min"
	}
	return count(int64(max(1, twoDigits(perSecond)))) + unit
}

// twoDigits rounds to two digits that count.
func twoDigits(f float64) float64 {
	if f < 100 {
		return math.Round(f)
	}
	scale := math.Pow(10, math.Floor(math.Log10(f))-1)
	return math.Round(f/scale) * scale
}

// roughly writes how long something takes that nobody knows well.
func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return max(5*time.Second, d.Round(5*time.Second)).String()
	case d < time.Hour:
		return fmt.Sprintf("%dm", int64(d.Round(time.Minute)/time.Minute))
	case d < 48*time.Hour:
		d = d.Round(10 * time.Minute)
		return fmt.Sprintf("%dh%02dm", int64(d/time.Hour), int64(d%time.Hour/time.Minute))
	}
	return fmt.Sprintf("%s days", count(int64(d.Round(24*time.Hour)/(24*time.Hour))))
}

// Plain is a text without what would move a terminal's cursor or colour it.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, text)
}

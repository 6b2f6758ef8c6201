package report

import "slices"

// Several adds up runs that come one after the other, as those of a worker's parts. It is
// used by one goroutine at a time.
type Several struct {
	over []StreamSnapshot // of the runs that are over
}

// With returns what the runs that are over and the one under way come to. Numbers of a
// stream are added up; what else there is to say of it is said of the run that read it last.
func (s *Several) With(now *Snapshot) *Snapshot {
	all := *now
	all.Streams = slices.Clone(now.Streams)
	for i := range s.over {
		before := &s.over[i]
		at := slices.IndexFunc(all.Streams, func(one StreamSnapshot) bool {
			return one.Name == before.Name && one.Feed == before.Feed && one.Hidden == before.Hidden
		})
		if at < 0 {
			all.Streams = append(all.Streams, *before)
			continue
		}
		one := &all.Streams[at]
		one.Numbers.add(&before.Numbers)
		one.Partitions, one.All = one.Partitions+before.Partitions, one.All+before.All
		one.addAnswers(before.Answers)
	}
	return &all
}

// Over takes the last snapshot of a run that is over.
func (s *Several) Over(last *Snapshot) {
	s.over = s.With(last).Streams
	for i := range s.over {
		s.over[i].Walking, s.over[i].Wait = 0, nil
	}
}

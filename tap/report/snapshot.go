package report

import (
	"maps"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/pace"
	"github.com/tap-rest/tap-rest/tap/certificate"
)

// Snapshot is an account as it stood at one moment. Nothing changes it any more, so that
// any goroutine may read it.
type Snapshot struct {
	Started time.Time
	At      time.Time // when it was taken
	Stopped string    // why the run ended early, "" if it did not
	Streams []StreamSnapshot
}

// StreamSnapshot is a stream in it.
type StreamSnapshot struct {
	Name    string
	Status  string // as the account has it
	Hidden  bool   // nobody knows it by its name
	Feed    bool   // it is read for its children alone
	Over    bool   // it came to its end, or failed and nothing of it is under way
	Done    bool
	Failed  bool
	Doubted bool
	Numbers
	Course
	Walking int64         // walks under way
	Wait    *pace.Wait    // what a request waits for; nil: nothing that people should know of
	Answers map[int]int64 // by status, fetch.NoAnswer too
}

// Numbers are what a stream came to.
type Numbers struct {
	Records     int64 // on stdout
	Pages       int64
	Calls       int64
	Recalled    int64 // exchanges that the journal had
	Retries     int64
	Bytes       int64 // of bodies as they came
	Waited      time.Duration
	Spent       sources.Cost
	Saved       sources.Cost
	Failures    int64 // of partitions
	Quarantined int64 // records
}

// Snapshot returns the account as it stands.
func (a *Account) Snapshot() *Snapshot {
	s := &Snapshot{Started: a.Started, At: a.Started.Add(a.Took), Stopped: a.Stopped, Streams: make([]StreamSnapshot, 0, len(a.Streams))}
	for _, one := range a.Streams {
		s.Streams = append(s.Streams, one.snapshot())
	}
	return s
}

func (s *Stream) snapshot() StreamSnapshot {
	spent, saved := s.Cost()
	now := StreamSnapshot{
		Name: s.Name, Status: s.Status(), Hidden: s.Listing, Feed: s.Feed, Done: s.Done, Failed: s.Failures.Why != nil, Doubted: s.Certificate.Verdict() == certificate.InDoubt,
		Numbers: Numbers{
			Records: s.Written, Pages: s.Pages, Calls: s.Requests(), Recalled: s.Recalled(), Retries: s.Retries(), Bytes: s.Wire(), Waited: s.Waited(),
			Spent: spent, Saved: saved, Failures: int64(s.Failures.Count), Quarantined: s.Counts[Quarantined],
		},
		Course: s.Course, Walking: s.Counters.Walking.Load(), Answers: s.Counters.Answers.All(),
	}
	now.Over = s.Done || now.Failed && now.Walking == 0
	if w := s.Counters.Limited.Load(); w != nil && w.Long() {
		now.Wait = w
	}
	return now
}

// Begun reports whether the run has come to the stream.
func (s *StreamSnapshot) Begun() bool {
	return s.Walking > 0 || s.Calls > 0 || s.Recalled > 0 || s.Pages > 0
}

// Total adds up the streams.
func (s *Snapshot) Total() (all Numbers) {
	for i := range s.Streams {
		all.add(&s.Streams[i].Numbers)
	}
	return all
}

func (n *Numbers) add(other *Numbers) {
	n.Records += other.Records
	n.Pages += other.Pages
	n.Calls += other.Calls
	n.Recalled += other.Recalled
	n.Retries += other.Retries
	n.Bytes += other.Bytes
	n.Waited += other.Waited
	n.Spent += other.Spent
	n.Saved += other.Saved
	n.Failures += other.Failures
	n.Quarantined += other.Quarantined
}

// ByName returns the streams that people know by name, each name once. A stream that is read
// twice, for its own records and for its children, is one: its numbers are added up, its
// course is that of its own records, and it is done when both are.
func (s *Snapshot) ByName() []*StreamSnapshot {
	all := make([]*StreamSnapshot, 0, len(s.Streams))
	at := make(map[string]int, len(s.Streams))
	for i := range s.Streams {
		one := s.Streams[i]
		if one.Hidden {
			continue
		}
		if first, twice := at[one.Name]; twice {
			all[first].join(&one)
			continue
		}
		at[one.Name] = len(all)
		all = append(all, &one)
	}
	return all
}

// join adds what another pass of the same stream came to.
func (s *StreamSnapshot) join(other *StreamSnapshot) {
	if s.Feed && !other.Feed {
		s.Course, s.Status, s.Feed = other.Course, other.Status, false
	}
	s.Numbers.add(&other.Numbers)
	s.Over, s.Done = s.Over && other.Over, s.Done && other.Done
	s.Failed, s.Doubted = s.Failed || other.Failed, s.Doubted || other.Doubted
	s.Walking += other.Walking
	if s.Wait == nil {
		s.Wait = other.Wait
	}
	s.addAnswers(other.Answers)
}

// addAnswers adds answers to those that there are, which may be another snapshot's.
func (s *StreamSnapshot) addAnswers(more map[int]int64) {
	s.Answers = maps.Clone(s.Answers)
	for status, n := range more {
		if s.Answers == nil {
			s.Answers = map[int]int64{}
		}
		s.Answers[status] += n
	}
}

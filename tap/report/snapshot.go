package report

import (
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
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
	Over    bool   // it came to its end, or failed and nothing of it is under way
	Done    bool
	Failed  bool
	Doubted bool
	Numbers
	Course
	Walking int64         // walks under way
	Wait    *fetch.Wait   // what a request waits for; nil: nothing that people should know of
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
		Name: s.Name, Status: s.Status(), Hidden: s.Listing, Done: s.Done, Failed: s.Failure != nil, Doubted: s.Certificate.Verdict() == certificate.InDoubt,
		Numbers: Numbers{
			Records: s.Written, Pages: s.Pages, Calls: s.Requests(), Recalled: s.Recalled(), Retries: s.Retries(), Bytes: s.Wire(), Waited: s.Waited(),
			Spent: spent, Saved: saved, Failures: int64(s.Failures), Quarantined: s.Counts[Quarantined],
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
		n := &s.Streams[i].Numbers
		all.Records += n.Records
		all.Pages += n.Pages
		all.Calls += n.Calls
		all.Recalled += n.Recalled
		all.Retries += n.Retries
		all.Bytes += n.Bytes
		all.Waited += n.Waited
		all.Spent += n.Spent
		all.Saved += n.Saved
	}
	return all
}

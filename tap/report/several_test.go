package report

import (
	"fmt"
	"testing"
)

// TestSeveral: the numbers of runs that come one after the other are added up, those of a
// run under way once, and a stream's state is that of the run that read it last.
func TestSeveral(t *testing.T) {
	run := func(failed bool, streams ...string) *Snapshot {
		s := &Snapshot{}
		for _, name := range streams {
			s.Streams = append(s.Streams, StreamSnapshot{
				Name: name, Failed: failed, Done: !failed, Walking: 1, Numbers: Numbers{Records: 3, Calls: 2}, Course: Course{Partitions: 1, All: 1}, Answers: map[int]int64{200: 2},
			})
		}
		return s
	}
	var all Several
	shows := func(now *Snapshot, want string) {
		t.Helper()
		text := ""
		for _, s := range all.With(now).Streams {
			text += fmt.Sprint(s.Name, " ", s.Records, " ", s.Calls, " ", s.Partitions, "/", s.All, " ", s.Answers, " ", s.Failed, " ", s.Walking, "\n")
		}
		if text != want {
			t.Errorf("got\n%swant\n%s", text, want)
		}
	}
	shows(run(false, "a"), "a 3 2 1/1 map[200:2] false 1\n")
	first := run(true, "a")
	all.Over(first)
	for range 2 { // to look changes nothing
		shows(run(false, "a"), "a 6 4 2/2 map[200:4] false 1\n")
	}
	if first.Streams[0].Answers[200] != 2 {
		t.Error("the snapshot of a run was changed")
	}
	all.Over(run(false, "b"))
	shows(run(false, "b"), "b 6 4 2/2 map[200:4] false 1\na 3 2 1/1 map[200:2] true 0\n")
}

package journal

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"syscall"
	"testing"

	"github.com/tap-rest/tap-rest/testshare"
)

// story is a run: it does the same each time, and notes what the journal said
// of it. After an error it goes on.
type story struct {
	m      *model
	served map[[2]string]int // what must be there, from what Append and Sync said
	synced map[[2]string]int
	errs   []error
}

func tell(fs *memFS, s *story) {
	j, err := Open(testDir, Options{FS: fs, SegmentBytes: 900, MaxBytes: 1 << 30})
	if err != nil {
		s.errs = append(s.errs, err)
		return
	}
	defer func() {
		err := j.Close()
		s.note(err)
		s.durable(err)
	}()
	if err := j.Passes.Begin(Pass{ID: "a", Stream: "orders", AsOf: noon, Begun: noon}); err != nil {
		s.note(err)
		return
	}
	for n := range 12 {
		for _, partition := range []string{"p", "q"} {
			s.append(j, partition, n)
		}
		if n%3 == 2 {
			s.sync(j)
		}
	}
}

func (s *story) note(err error) {
	if err != nil {
		s.errs = append(s.errs, err)
	}
}

// append records an exchange, and where that fails the same one again next
// time: a walk does not go on.
func (s *story) append(j *Journal, partition string, n int) {
	line := [2]string{"a", partition}
	if s.served[line] < n {
		n = s.served[line]
	}
	e := exchange("a", partition, 0, n, 0)
	s.m.give(e)
	p, err := appendSome(j, e, partition == "p" && n == 4)
	s.note(err)
	if err != nil {
		return
	}
	s.served[line] = n + 1
	if got, err := j.Read(p, nil); err != nil || !reflect.DeepEqual(got, e) {
		s.note(fmt.Errorf("wrong: read %+v, %v", got, err))
	}
}

// appendSome records an exchange, by way of a draft where it is a long one.
func appendSome(j *Journal, e *Exchange, long bool) (Place, error) {
	if !long {
		return j.Append(e)
	}
	d, err := j.Draft(e.Header)
	if err != nil {
		return Place{}, err
	}
	defer d.Discard()
	for piece := range slices.Chunk(e.Body, 1+len(e.Body)/2) {
		if _, err := d.Write(piece); err != nil {
			return Place{}, err
		}
	}
	return d.Append(e)
}

func (s *story) sync(j *Journal) {
	err := j.Sync()
	s.note(err)
	s.durable(err)
}

// durable notes what a sync without an error promises.
func (s *story) durable(err error) {
	if err != nil {
		return
	}
	for line, n := range s.served {
		s.synced[line] = n
	}
}

func newStory() *story {
	return &story{newModel(), map[[2]string]int{}, map[[2]string]int{}, nil}
}

// TestFaults fails every change of the file system in turn, once or from there
// on, after any part of a write.
func TestFaults(t *testing.T) {
	whole := newMemFS()
	tell(whole, newStory())
	for at := 1; at <= whole.ops; at++ {
		for _, forGood := range []bool{false, true} {
			for _, after := range []int{0, 1, 33, 1 << 20} {
				t.Run(fmt.Sprintf("%d %s %v %d", at, whole.trace[at-1], forGood, after), func(t *testing.T) {
					fs, s := newMemFS(), newStory()
					fs.fault, fs.after = failAt(at, forGood), after
					tell(fs, s)
					checkStory(t, s)
					fs.fault = nil
					checkAfter(t, s, fs, s.served)
				})
			}
		}
	}
}

// checkStory expects each error to say what it is.
func checkStory(t *testing.T, s *story) {
	t.Helper()
	if len(s.errs) == 0 {
		t.Error("no error")
	}
	failed := false
	for _, err := range s.errs {
		if !errors.Is(err, ErrFull) && !errors.Is(err, ErrFailed) {
			t.Errorf("error %v", err)
		}
		if failed && !errors.Is(err, ErrFailed) {
			t.Errorf("after a sync that failed: %v", err)
		}
		failed = failed || errors.Is(err, ErrFailed)
	}
}

// checkAfter opens what a run left: everything in want is served, and nothing
// that was not given.
func checkAfter(t *testing.T, s *story, fs *memFS, want map[[2]string]int) {
	t.Helper()
	j := open(t, testDir, Options{FS: fs})
	for line, n := range want {
		if got := len(s.m.walk(t, j, line[0], line[1], 0)); got < n {
			t.Errorf("%v: %d served, want %d", line, got, n)
		}
	}
	closed(t, j)
}

// TestCrash cuts the power at every change: what Sync said nil of is served, and
// of the rest nothing that was not given.
func TestCrash(t *testing.T) {
	whole := newMemFS()
	tell(whole, newStory())
	r := rand.New(rand.NewPCG(1, 2))
	for at := 1; at <= whole.ops+1; at++ {
		tries := testshare.Rounds(20)
		if testing.Short() {
			tries = testshare.Rounds(5)
		}
		for try := range tries {
			t.Run(fmt.Sprintf("%d %d", at, try), func(t *testing.T) {
				fs, s := newMemFS(), newStory()
				fs.fault = failAt(at, true)
				tell(fs, s)
				left := fs.crash(r)
				checkAfter(t, s, left, s.synced)
				again := newStory()
				again.m = s.m
				tell(left, again)
				checkAfter(t, again, left, again.served)
			})
		}
	}
}

func TestFailedSync(t *testing.T) {
	fs, m := newMemFS(), newModel()
	j := open(t, testDir, Options{FS: fs})
	begin(t, j, "a")
	place := m.addTake(t, j, "a", "p", 0, 0)
	fs.fault = failAt(fs.ops+1, false)
	if err := j.Sync(); !errors.Is(err, ErrFailed) || !errors.Is(err, ErrFull) || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("sync: %v", err)
	}
	if err := j.Sync(); !errors.Is(err, ErrFailed) {
		t.Errorf("a second sync: %v, want ErrFailed", err)
	}
	if _, err := j.Append(exchange("a", "p", 0, 1, 0)); !errors.Is(err, ErrFailed) {
		t.Errorf("append: %v, want ErrFailed", err)
	}
	if _, err := j.Restart("a", "p"); !errors.Is(err, ErrFailed) {
		t.Errorf("restart: %v, want ErrFailed", err)
	}
	if _, err := j.Read(place, nil); err != nil {
		t.Errorf("read: %v", err)
	}
}

func TestFullDisk(t *testing.T) {
	fs, m := newMemFS(), newModel()
	j := open(t, testDir, Options{FS: fs})
	begin(t, j, "a")
	m.add(t, j, "a", "p", 0)
	size := j.Size()
	fs.fault, fs.after = failAt(fs.ops+1, false), 40
	if _, err := j.Append(exchange("a", "p", 0, 1, 0)); !errors.Is(err, ErrFull) || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("append: %v, want ErrFull", err)
	}
	if got := int64(len(fs.files[j.store.path(1)].now)); got != size || j.Size() != size {
		t.Errorf("%d bytes, %d by Size; want %d: half a frame is left", got, j.Size(), size)
	}
	m.add(t, j, "a", "p", 1)
	closed(t, j)
	checkAfter(t, &story{m: m}, fs, map[[2]string]int{{"a", "p"}: 2})
}

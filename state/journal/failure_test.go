package journal

import (
	"bytes"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func failure(pass, stream string, take int) *Failure {
	e := exchange(pass, "p", 0, take, take)
	e.Body, e.LeftOut = bytes.Repeat([]byte("<html>"), 1000), 5
	return &Failure{*e, stream, "answered " + stream}
}

// TestFailures: the last failure of each stream is kept and shown, goes with
// its pass, and is served to nobody.
func TestFailures(t *testing.T) {
	fs := newMemFS()
	j := open(t, testDir, Options{FS: fs, MaxAge: time.Hour})
	begin(t, j, "a")
	begin(t, j, "b")
	none := &Failure{Exchange{Key: Key{"b", "p", 0, 0}, At: noon.Add(time.Hour), Request: "GET /x"}, "none", "connection refused"}
	for _, f := range []*Failure{failure("a", "orders", 1), failure("a", "../orders", 2), failure("a", "orders", 3), none} {
		must(t, j.Fail(f))
	}
	want := []*Failure{failure("a", "../orders", 2), failure("a", "orders", 3), none}
	none.Header, none.Body, none.At = map[string][]string{}, nil, none.At.UTC()
	check := func(what string, j *Journal, want []*Failure) {
		t.Helper()
		got := j.Failures.All()
		for _, f := range got {
			if len(f.Body) == 0 {
				f.Body = nil
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %d failures %+v, want %+v", what, len(got), got, want)
		}
	}
	check("at once", j, want)
	closed(t, j)
	j = open(t, testDir, Options{FS: fs, MaxAge: time.Hour})
	check("when opened again", j, want)
	if _, _, ok := j.Lookup(want[0].Key); ok {
		t.Error("a failure is served")
	}
	must(t, j.Each(func(*Exchange) error { return errors.New("a failure is among the exchanges") }))
	_, err := j.Prune(noon)
	must(t, err)
	check("after a prune", j, want)
	must(t, j.Passes.Drop("a"))
	_, err = j.Prune(noon)
	must(t, err)
	check("when a pass was dropped", j, want[2:])
	_, err = j.Clear()
	must(t, err)
	check("when all was cleared", j, nil)
	closed(t, j)
	if len(fs.files) > 0 {
		t.Errorf("left: %q", slices.Collect(maps.Keys(fs.files)))
	}
}

// TestFailureDamage flips every byte of a failure's file and cuts it everywhere:
// it is shown as it was or not at all, and nothing else is harmed.
func TestFailureDamage(t *testing.T) {
	fs, m := newMemFS(), newModel()
	j := open(t, testDir, Options{FS: fs})
	begin(t, j, "a")
	m.add(t, j, "a", "p", 0, 1)
	f := failure("a", "orders", 1)
	must(t, j.Fail(f))
	closed(t, j)
	name := testDir + "/" + failedName("orders")
	whole := fs.files[name].now
	for at := range whole {
		for _, cut := range []bool{false, true} {
			damaged := fs.clone()
			b := slices.Clone(whole)
			if b[at] ^= 1 << (at % 8); cut {
				b = slices.Clone(whole[:at])
			}
			damaged.files[name] = &memData{now: b}
			j, err := Open(testDir, Options{FS: damaged})
			must(t, err)
			for _, got := range j.Failures.All() {
				if cut || !reflect.DeepEqual(got, f) {
					t.Fatalf("byte %d, cut %v: got %+v", at, cut, got)
				}
			}
			if got := len(m.walk(t, j, "a", "p", 0)); got != 2 || len(j.Warnings) > 0 {
				t.Fatalf("byte %d: %d exchanges served, want 2; %q", at, got, j.Warnings)
			}
			closed(t, j)
		}
	}
}

// TestFailureFaults fails every change of the file system while a failure takes
// the place of another: one of both is there, and the journal is as it was.
func TestFailureFaults(t *testing.T) {
	for at := 1; ; at++ {
		fs, m := newMemFS(), newModel()
		j := open(t, testDir, Options{FS: fs})
		begin(t, j, "a")
		m.add(t, j, "a", "p", 0)
		must(t, j.Fail(failure("a", "orders", 1)))
		before := fs.ops
		fs.fault, fs.after = failAt(fs.ops+at, false), 10
		err := j.Fail(failure("a", "orders", 2))
		if err == nil && fs.ops < before+at {
			break
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("change %d: %v", at, err)
		}
		fs.fault = nil
		m.add(t, j, "a", "p", 1)
		closed(t, j)
		j = open(t, testDir, Options{FS: fs})
		got := j.Failures.All()
		if len(got) != 1 || !reflect.DeepEqual(got[0], failure("a", "orders", got[0].N)) {
			t.Errorf("change %d: %+v", at, got)
		}
		if n := len(m.walk(t, j, "a", "p", 0)); n != 2 || slices.ContainsFunc(slices.Collect(maps.Keys(fs.files)), func(n string) bool { return strings.HasSuffix(n, failingSuffix) }) {
			t.Errorf("change %d: %d served, files %q", at, n, slices.Collect(maps.Keys(fs.files)))
		}
	}
}

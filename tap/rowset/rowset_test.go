package rowset_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tap-rest/tap-rest/tap/rowset"
	"github.com/tap-rest/tap-rest/testrig"
	"github.com/tap-rest/tap-rest/testshare"
)

var of = rowset.Header{Of: "orders"}

// read returns what a stream hands out.
func read(t *testing.T, s rowset.Stream) map[string]string {
	t.Helper()
	all := map[string]string{}
	last := ""
	for {
		key, value, ok, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return all
		}
		if len(all) > 0 && string(key) <= last {
			t.Fatalf("%q comes after %q", key, last)
		}
		last = string(key)
		all[last] = string(value)
	}
}

// doubt folds two values to ? where they differ.
func doubt(dst, a, b []byte) []byte {
	if bytes.Equal(a, b) {
		return append(dst, a...)
	}
	return append(dst, '?')
}

// TestRandomHistories holds sets against maps: logs of random entries, flushed at
// times, are sorted in little memory, made sets, merged with earlier sets, looked
// up, and taken from each other.
func TestRandomHistories(t *testing.T) {
	for seed := range uint64(testshare.Rounds(12)) {
		r := rand.New(rand.NewPCG(seed, 13))
		dir := t.TempDir()
		before, known := map[string]string{}, ""
		for round := range 3 {
			log, err := rowset.Create(filepath.Join(dir, fmt.Sprint(round, ".log")), of)
			if err != nil {
				t.Fatal(err)
			}
			want, doubted, gathered := maps.Clone(before), map[string]string{}, map[string]string{}
			for range r.IntN(2000) {
				key, value := fmt.Sprint(r.IntN(700)), fmt.Sprint(r.IntN(3))
				if r.IntN(50) == 0 {
					key += string(bytes.Repeat([]byte("x"), r.IntN(9000)))
				}
				if v, ok := doubted[key]; ok && v != value {
					doubted[key] = "?"
				} else {
					doubted[key] = value
				}
				want[key], gathered[key] = value, value
				log.Append(rowset.AppendEntry(nil, []byte(key), []byte(value)), 1)
				if r.IntN(600) == 0 {
					must(t, log.Flush())
				}
			}
			must(t, log.Flush())
			mark := log.Mark()
			must(t, log.Close())
			logged := open(t, filepath.Join(dir, fmt.Sprint(round, ".log")))
			sorter := &rowset.Sorter{Dir: dir, Memory: 1 + r.IntN(20000)}
			sorted, err := sorter.Sort(logged.UpTo(mark), doubt)
			must(t, err)
			if got := read(t, sorted); !maps.Equal(got, doubted) {
				t.Fatalf("seed %d: sorted in doubt: %d entries, want %d", seed, len(got), len(doubted))
			}
			sorted, err = sorter.Sort(logged.All(), rowset.Later)
			must(t, err)
			if known != "" {
				set, err := rowset.Open(known, of, false)
				must(t, err)
				defer set.Close()
				sorted = rowset.Merge(rowset.Later, set.Stream(), sorted)
			}
			name := filepath.Join(dir, fmt.Sprint(round, ".set"))
			n, err := rowset.Build(name, of, sorted, nil)
			must(t, err)
			must(t, sorter.Close())
			set, err := rowset.Open(name, of, true)
			must(t, err)
			defer set.Close()
			if got := read(t, set.Stream()); !maps.Equal(got, want) || n != int64(len(want)) || set.Entries != n {
				t.Fatalf("seed %d, round %d: %d entries, want %d", seed, round, len(got), len(want))
			}
			lookUp(t, set, want)
			gone := maps.Clone(before)
			maps.DeleteFunc(gone, func(k, _ string) bool { _, ok := gathered[k]; return ok })
			if known != "" {
				former, err := rowset.Open(known, of, false)
				must(t, err)
				defer former.Close()
				sorted, err := sorter.Sort(logged.All(), rowset.Later)
				must(t, err)
				if got := read(t, rowset.Without(former.Stream(), sorted)); !maps.Equal(got, gone) {
					t.Fatalf("seed %d: %d are gone, want %d", seed, len(got), len(gone))
				}
			}
			logged.Close()
			before, known = want, name
		}
	}
}

func lookUp(t *testing.T, set *rowset.Set, want map[string]string) {
	t.Helper()
	f := set.Finder()
	sorted := slices.Sorted(maps.Keys(want))
	for i, key := range sorted {
		value, number, ok, err := f.Find([]byte(key))
		if err != nil || !ok || string(value) != want[key] || number != int64(i) {
			t.Fatalf("%q: got %q, number %d, %v, %v; want %q, number %d", key, value, number, ok, err, want[key], i)
		}
	}
	for _, key := range []string{"", "0a", "zzz", "/"} {
		if _, _, ok, err := f.Find([]byte(key)); ok != (want[key] != "") || err != nil {
			t.Fatalf("%q: %v, %v", key, ok, err)
		}
	}
	numbers := rand.New(rand.NewPCG(uint64(len(sorted)), 3)).Perm(len(sorted))
	slices.SortStableFunc(numbers, func(i, j int) int { return j/200 - i/200 }) // runs of neighbours, backwards
	for _, i := range numbers {
		key := sorted[i]
		if value, number, ok, err := f.Find([]byte(key)); err != nil || !ok || string(value) != want[key] || number != int64(i) {
			t.Fatalf("out of order, %q: got %q, number %d, %v, %v; want %q, number %d", key, value, number, ok, err, want[key], i)
		}
		near := key + "\x00"
		if _, there := want[near]; there {
			continue
		}
		if _, _, ok, err := f.Find([]byte(near)); ok || err != nil {
			t.Fatalf("%q, which there is not: %v, %v", near, ok, err)
		}
	}
	if len(sorted) > 0 {
		key := []byte(sorted[len(sorted)/2])
		if n := testing.AllocsPerRun(100, func() { _, _, _, _ = f.Find(key) }); n > 0 {
			t.Errorf("a lookup allocates %v times", n)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, name string) *rowset.Logged {
	t.Helper()
	l, err := rowset.OpenLog(name, of)
	must(t, err)
	return l
}

// TestDamage cuts and changes files at every byte: what is read is what was
// written, or an error.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	logName, setName := filepath.Join(dir, "a.log"), filepath.Join(dir, "a.set")
	log, err := rowset.Create(logName, of)
	must(t, err)
	var marks []rowset.Mark
	want := map[string]string{}
	for i := range 5 {
		for j := range 3 {
			key, value := fmt.Sprint("k", i*3+j+10), fmt.Sprint(i)
			log.Append(rowset.AppendEntry(nil, []byte(key), []byte(value)), 1)
			want[key] = value
		}
		must(t, log.Flush())
		marks = append(marks, log.Mark())
	}
	must(t, log.Close())
	logged := open(t, logName)
	_, err = rowset.Build(setName, of, logged.All(), nil)
	must(t, err)
	logged.Close()
	for _, name := range []string{logName, setName} {
		whole, err := os.ReadFile(name)
		must(t, err)
		for at := range whole {
			cut, changed := whole[:at], bytes.Clone(whole)
			changed[at] ^= 0x15
			for _, text := range [][]byte{cut, changed} {
				must(t, os.WriteFile(name, text, 0o600))
				if name == setName {
					if set, err := rowset.Open(name, of, true); err == nil {
						t.Fatalf("byte %d of a set of %d entries: no error", at, set.Entries)
					}
					continue
				}
				readLog(t, name, marks, want)
			}
		}
		must(t, os.WriteFile(name, whole, 0o600))
	}
	if _, err := rowset.Open(setName, rowset.Header{Of: "other"}, false); err == nil {
		t.Error("a set of another stream is opened")
	}
	if _, err := rowset.Open(filepath.Join(dir, "none"), of, false); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	checkContinued(t, dir, logName, marks)
}

// readLog reads a damaged log up to each mark.
func readLog(t *testing.T, name string, marks []rowset.Mark, want map[string]string) {
	t.Helper()
	l, err := rowset.OpenLog(name, of)
	if err != nil {
		return
	}
	defer l.Close()
	for _, m := range marks {
		n := int64(0)
		for s := l.UpTo(m); ; n++ {
			key, value, ok, err := s.Next()
			if err != nil {
				break
			}
			if !ok && n != m.Entries {
				t.Fatalf("%d entries up to a mark of %d, and no error", n, m.Entries)
			}
			if !ok {
				break
			}
			if want[string(key)] != string(value) {
				t.Fatalf("%q is %q", key, value)
			}
		}
	}
}

// checkContinued goes on with a log from each of its marks, and from some that it
// never had.
func checkContinued(t *testing.T, dir, name string, marks []rowset.Mark) {
	t.Helper()
	old := open(t, name)
	defer old.Close()
	for i, m := range marks {
		next := filepath.Join(dir, fmt.Sprint("next", i))
		l, err := rowset.Continue(next, of, old, m)
		must(t, err)
		if l.Mark() != m {
			t.Errorf("a log that goes on from %v stands at %v", m, l.Mark())
		}
		l.Append(rowset.AppendEntry(nil, []byte("new"), nil), 1)
		must(t, l.Flush())
		must(t, l.Close())
		more := open(t, next)
		if got := len(read(t, more.All())); got != int(m.Entries)+1 {
			t.Errorf("%d entries, want %d", got, m.Entries+1)
		}
		if got := len(read(t, old.Behind(m))); got != 15-int(m.Entries) {
			t.Errorf("%d entries behind mark %d, want %d", got, i, 15-m.Entries)
		}
		more.Close()
	}
	for _, m := range []rowset.Mark{{Entries: 3, Sum: 1}, {Entries: 4, Sum: marks[1].Sum}, {Entries: 99}} {
		next := filepath.Join(dir, "never")
		if _, err := rowset.Continue(next, of, old, m); err == nil {
			t.Errorf("a log goes on from %v, which it never was at", m)
		}
		if _, err := os.Stat(next); !errors.Is(err, os.ErrNotExist) {
			t.Error("a log is there after an error")
		}
	}
}

// FuzzOpen: whatever a file holds, it is read without a panic, and in little
// memory.
func FuzzOpen(f *testing.F) {
	dir := f.TempDir()
	log, err := rowset.Create(filepath.Join(dir, "a.log"), of)
	if err != nil {
		f.Fatal(err)
	}
	log.Append(rowset.AppendEntry(nil, []byte("a"), []byte("b")), 1)
	if err := log.Flush(); err != nil {
		f.Fatal(err)
	}
	logged, err := rowset.OpenLog(filepath.Join(dir, "a.log"), of)
	if err != nil {
		f.Fatal(err)
	}
	if _, err := rowset.Build(filepath.Join(dir, "a.set"), of, logged.All(), nil); err != nil {
		f.Fatal(err)
	}
	for _, name := range []string{"a.log", "a.set"} {
		text, _ := os.ReadFile(filepath.Join(dir, name))
		f.Add(text)
	}
	name := filepath.Join(dir, "fuzz")
	f.Fuzz(func(t *testing.T, text []byte) {
		testrig.Write(t, name, text)
		if set, err := rowset.Open(name, of, true); err == nil {
			lookUp(t, set, read(t, set.Stream()))
			set.Close()
		}
		if l, err := rowset.OpenLog(name, of); err == nil {
			for s := l.All(); ; {
				if _, _, ok, err := s.Next(); !ok || err != nil {
					break
				}
			}
			l.Close()
		}
	})
}

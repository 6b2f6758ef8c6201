package journal

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestRoundTrip(t *testing.T) {
	dir, m := t.TempDir(), newModel()
	j := open(t, dir, Options{})
	begin(t, j, "a")
	for _, size := range []int{1, 2, joined, joined + 1, 3 << 20} {
		n := len(m.given)
		e := exchange("a", "p", 0, n, 0)
		e.Body = slices.Repeat([]byte{byte(size), 0, 0xff}, size/3+1)[:size]
		m.give(e)
		if _, err := j.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(m.walk(t, j, "a", "p", 0)); got != 5 {
		t.Errorf("%d served before a sync, want 5", got)
	}
	closed(t, j)
	j = open(t, dir, Options{})
	if got := len(m.walk(t, j, "a", "p", 0)); got != 5 {
		t.Errorf("%d served when opened again, want 5", got)
	}
	if got := len(m.walk(t, j, "a", "p", 3)); got != 2 {
		t.Errorf("%d served from 3 on, want 2", got)
	}
}

// TestBuffer reads into the buffer of the exchange before.
func TestBuffer(t *testing.T) {
	m := newModel()
	j := open(t, t.TempDir(), Options{})
	begin(t, j, "a")
	buf := make([]byte, 0, 1<<10)
	for n := range 4 {
		e, err := j.Read(m.addTake(t, j, "a", "p", n, 0), buf)
		if err != nil {
			t.Fatal(err)
		}
		if &e.Body[0] != &buf[:1][0] {
			t.Error("the buffer is not used again")
		}
		buf = e.Body[:0]
	}
}

func TestZeroValues(t *testing.T) {
	fs := newMemFS()
	j := open(t, testDir, Options{FS: fs})
	must(t, j.Passes.Begin(Pass{}))
	p, err := j.Append(&Exchange{})
	must(t, err)
	e, err := j.Read(p, nil)
	must(t, err)
	if !e.At.IsZero() || len(e.Body) > 0 || len(e.Header) > 0 {
		t.Errorf("read %+v, want nothing in it", e)
	}
	closed(t, j)
	j = open(t, testDir, Options{FS: fs})
	if got := j.Passes.All(); len(got) != 1 || !got[0].Begun.IsZero() || got[0].From != nil || got[0].Plan != nil {
		t.Errorf("passes %+v", got)
	}
}

func TestPasses(t *testing.T) {
	fs := newMemFS()
	want := []Pass{
		{ID: "z", Stream: "orders", AsOf: noon, Begun: noon, Shape: "1", Previous: "y", From: []byte(`"2025"`), Plan: []byte(`{}`), Finished: true, Latest: noon},
		{ID: "a", Stream: "shops", AsOf: noon, Begun: noon.Add(-time.Hour), Plan: []byte{}, Latest: noon.Add(-time.Hour)},
	}
	j := open(t, testDir, Options{FS: fs})
	for _, p := range want {
		finished := p.Finished
		p.Finished = false
		must(t, j.Passes.Begin(p))
		if finished {
			must(t, j.Passes.Finish(p.ID))
		}
	}
	begin(t, j, "dropped")
	must(t, j.Passes.Drop("dropped"))
	must(t, j.Passes.Drop("dropped"))
	must(t, j.Passes.Drop("unknown"))
	check := func(when string) {
		t.Helper()
		if got := j.Passes.All(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: passes %+v, want %+v", when, got, want)
		}
	}
	check("before")
	want[0].Plan = []byte(`{"changed":true}`)
	must(t, j.Passes.Begin(want[0]))
	check("begun again")
	closed(t, j)
	j = open(t, testDir, Options{FS: fs})
	check("opened again")
	if err := j.Passes.Begin(Pass{ID: "dropped"}); err == nil {
		t.Error("a dropped pass was begun again")
	}
	if err := j.Passes.Finish("unknown"); err == nil {
		t.Error("an unknown pass was finished")
	}
}

func TestServed(t *testing.T) {
	tests := []struct {
		name string
		do   func(t *testing.T, j *Journal, m *model)
		want int
	}{
		{"in order", func(t *testing.T, j *Journal, m *model) { m.add(t, j, "a", "p", 0, 1, 2) }, 3},
		{"out of order", func(t *testing.T, j *Journal, m *model) { m.add(t, j, "a", "p", 0, 3, 2, 1, 4) }, 5},
		{"a gap", func(t *testing.T, j *Journal, m *model) { m.add(t, j, "a", "p", 0, 1, 3, 4) }, 2},
		{"replaced", func(t *testing.T, j *Journal, m *model) {
			m.add(t, j, "a", "p", 0, 1, 2, 3, 5)
			m.addTake(t, j, "a", "p", 1, 1)
		}, 2},
		{"rejected", func(t *testing.T, j *Journal, m *model) {
			m.add(t, j, "a", "p", 0, 1, 2, 4)
			must(t, j.Reject(Key{"a", "p", 0, 1}))
		}, 1},
		{"rejected and replaced", func(t *testing.T, j *Journal, m *model) {
			m.add(t, j, "a", "p", 0, 1, 2, 4)
			must(t, j.Reject(Key{"a", "p", 0, 1}))
			m.addTake(t, j, "a", "p", 1, 1)
		}, 2},
		{"rejected in an older generation", func(t *testing.T, j *Journal, m *model) {
			_, err := j.Restart("a", "p")
			must(t, err)
			m.add(t, j, "a", "p", 0, 1)
			must(t, j.Reject(Key{"a", "p", 0, 0}))
		}, 2},
		{"restarted", func(t *testing.T, j *Journal, m *model) {
			m.add(t, j, "a", "p", 0, 1, 2)
			g, err := j.Restart("a", "p")
			if must(t, err); g != 1 {
				t.Errorf("generation %d, want 1", g)
			}
		}, 0},
		{"restarted without its first", func(t *testing.T, j *Journal, m *model) {
			_, err := j.Restart("a", "p")
			must(t, err)
			m.add(t, j, "a", "p", 1, 2)
		}, 0},
		{"dropped", func(t *testing.T, j *Journal, m *model) {
			m.add(t, j, "a", "p", 0, 1, 2)
			must(t, j.Passes.Drop("a"))
		}, 0},
		{"finished", func(t *testing.T, j *Journal, m *model) {
			m.add(t, j, "a", "p", 0, 1, 2)
			must(t, j.Passes.Finish("a"))
		}, 3},
		{"an answer from before the clock was set back", func(t *testing.T, j *Journal, m *model) {
			m.add(t, j, "a", "p", 0)
			e := exchange("a", "p", 0, 1, 0)
			e.At = noon.AddDate(-10, 0, 0)
			m.give(e)
			_, err := j.Append(e)
			must(t, err)
		}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fs, m := newMemFS(), newModel()
			j := open(t, testDir, Options{FS: fs, SegmentBytes: 600})
			begin(t, j, "a")
			tt.do(t, j, m)
			if got := len(m.walk(t, j, "a", "p", 0)); got != tt.want {
				t.Errorf("%d served, want %d", got, tt.want)
			}
			closed(t, j)
			j = open(t, testDir, Options{FS: fs})
			if got := len(m.walk(t, j, "a", "p", 0)); got != tt.want {
				t.Errorf("%d served when opened again, want %d", got, tt.want)
			}
		})
	}
}

// TestResumedElsewhere begins in the middle, as a walk that a state resumes.
func TestResumedElsewhere(t *testing.T) {
	m := newModel()
	j := open(t, testDir, Options{FS: newMemFS()})
	begin(t, j, "a")
	m.add(t, j, "a", "p", 7, 8)
	if got := len(m.walk(t, j, "a", "p", 7)); got != 2 {
		t.Errorf("%d served from 7 on, want 2", got)
	}
	if _, _, ok := j.Lookup(Key{"a", "p", 0, 0}); ok {
		t.Error("exchange 0 is there")
	}
	m.add(t, j, "a", "p", 0)
	if got := len(m.walk(t, j, "a", "p", 0)) + len(m.walk(t, j, "a", "p", 7)); got != 1 {
		t.Errorf("%d served after the walk began anew, want 1", got)
	}
}

// TestSkip begins in the middle what would otherwise begin elsewhere: at 0 after
// a restart, or where older exchanges lie.
// TestKeeps: an exchange behind a gap is kept, though it is not served.
func TestKeeps(t *testing.T) {
	fs, m := newMemFS(), newModel()
	j := open(t, testDir, Options{FS: fs})
	begin(t, j, "a")
	m.add(t, j, "a", "p", 0, 1, 3)
	for n, want := range []bool{true, true, false, true, false} {
		k := Key{"a", "p", 0, n}
		if got := j.Keeps(k); got != want || j.Holds(k) != (want && n < 2) {
			t.Errorf("exchange %d: kept is %t, want %t, and held %t", n, got, want, j.Holds(k))
		}
	}
	must(t, j.Reject(Key{"a", "p", 0, 1}))
	for _, k := range []Key{{"a", "p", 0, 3}, {"a", "p", 1, 0}, {"a", "q", 0, 0}, {"b", "p", 0, 0}} {
		if j.Keeps(k) {
			t.Errorf("%v is kept", k)
		}
	}
}

func TestSkip(t *testing.T) {
	fs, m := newMemFS(), newModel()
	o := Options{FS: fs, SegmentBytes: 400, MaxBytes: 1}
	j := open(t, testDir, o)
	begin(t, j, "a")
	m.add(t, j, "a", "p", 0, 1, 2)
	_, err := j.Restart("a", "q")
	must(t, err)
	for _, partition := range []string{"p", "q"} {
		k := Key{"a", partition, j.Generation("a", partition), 7}
		must(t, j.Skip(k))
		m.add(t, j, "a", partition, 7, 8)
		if k.Generation++; j.Skip(k) == nil {
			t.Errorf("%s: another generation was skipped to", partition)
		}
	}
	for range 2 {
		for _, partition := range []string{"p", "q"} {
			if got := len(m.walk(t, j, "a", partition, 7)); got != 2 {
				t.Errorf("%s: %d served from 7 on, want 2", partition, got)
			}
			if got := len(m.walk(t, j, "a", partition, 0)); got != 0 {
				t.Errorf("%s: %d served from 0 on, want none", partition, got)
			}
		}
		closed(t, j)
		j = open(t, testDir, o)
	}
	j.Emitted(Key{"a", "p", 0, 7})
	if _, err := j.Prune(noon); err != nil {
		t.Fatal(err)
	}
	closed(t, j)
	j = open(t, testDir, o)
	if got := len(m.walk(t, j, "a", "q", 7)); got != 2 {
		t.Errorf("q: %d served after a prune, want 2", got)
	}
}

func TestAppendErrors(t *testing.T) {
	j := open(t, testDir, Options{FS: newMemFS()})
	begin(t, j, "a")
	_, err := j.Restart("a", "p")
	must(t, err)
	tests := []struct {
		name string
		e    *Exchange
	}{
		{"no such pass", exchange("b", "p", 0, 0, 0)},
		{"older generation", exchange("a", "p", 0, 0, 0)},
		{"later generation", exchange("a", "p", 2, 0, 0)},
		{"headers without end", &Exchange{Key: Key{"a", "p", 1, 0}, Request: strings.Repeat("x", maxHead)}},
		{"negative", exchange("a", "p", 1, -1, 0)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			size := j.Size()
			if _, err := j.Append(tt.e); err == nil || j.Size() != size {
				t.Errorf("error %v, and %d bytes written", err, j.Size()-size)
			}
		})
	}
	if _, err := j.Read(Place{}, nil); !errors.Is(err, ErrGone) {
		t.Errorf("read of no place: %v", err)
	}
}

func TestHeaders(t *testing.T) {
	j := open(t, testDir, Options{FS: newMemFS()})
	begin(t, j, "a")
	e := exchange("a", "p", 0, 0, 0)
	e.Header = http.Header{"Link": {"<x>", "<y>"}, "Content-Encoding": {"gzip"}, "Empty": {""},
		"Set-Cookie": {"s3cret"}, "set-cookie": {"s3cret"}, "Authorization": {"s3cret"}, "Www-Authenticate": {"s3cret"},
		"Proxy-Authenticate": {"s3cret"}, "proxy-x": {"s3cret"}, "X-Api-Key": {"s3cret"}}
	p, err := j.Append(e)
	must(t, err)
	got, err := j.Read(p, nil)
	must(t, err)
	want := http.Header{"Link": {"<x>", "<y>"}, "Content-Encoding": {"gzip"}, "Empty": {""}}
	if !reflect.DeepEqual(got.Header, want) {
		t.Errorf("header %v, want %v", got.Header, want)
	}
}

func TestEach(t *testing.T) {
	dir, m := t.TempDir(), newModel()
	j := open(t, dir, Options{SegmentBytes: 1000})
	begin(t, j, "a")
	var want []*Exchange
	for n := range 6 {
		m.addTake(t, j, "a", "p", n, 0)
		want = append(want, exchange("a", "p", 0, n, 0))
	}
	must(t, j.Passes.Drop("a"))
	for _, open := range []func() (*Journal, error){
		func() (*Journal, error) { return j, nil },
		func() (*Journal, error) { return OpenReadOnly(dir) },
	} {
		reader, err := open()
		must(t, err)
		var got []*Exchange
		must(t, reader.Each(func(e *Exchange) error {
			c := *e
			c.Body = slices.Clone(e.Body)
			got = append(got, &c)
			return nil
		}))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %d exchanges, want the %d that were given", len(got), len(want))
		}
		enough := errors.New("enough")
		if err := reader.Each(func(*Exchange) error { return enough }); err != enough {
			t.Errorf("error %v, want the caller's", err)
		}
	}
}

func TestReadOnly(t *testing.T) {
	dir, m := t.TempDir(), newModel()
	if _, err := OpenReadOnly(filepath.Join(dir, "none")); !errors.Is(err, ErrGone) {
		t.Errorf("a folder that is not there: %v", err)
	}
	w := open(t, dir, Options{})
	begin(t, w, "a")
	m.add(t, w, "a", "p", 0, 1)
	torn := filepath.Join(dir, segmentName(1))
	b, err := os.ReadFile(torn)
	must(t, err)
	must(t, os.WriteFile(torn, b[:len(b)-1], 0o600))

	j, err := OpenReadOnly(dir)
	must(t, err)
	if got := len(m.walk(t, j, "a", "p", 0)); got != 1 {
		t.Errorf("%d served, want 1", got)
	}
	for name, err := range map[string]error{
		"begin": j.Passes.Begin(Pass{ID: "b"}), "finish": j.Passes.Finish("a"), "drop": j.Passes.Drop("a"), "reject": j.Reject(Key{Pass: "a"}),
	} {
		if !errors.Is(err, ErrReadOnly) {
			t.Errorf("%s: %v, want ErrReadOnly", name, err)
		}
	}
	if _, err := j.Prune(noon); !errors.Is(err, ErrReadOnly) {
		t.Errorf("prune: %v, want ErrReadOnly", err)
	}
	closed(t, j)
	if after, _ := os.ReadFile(torn); len(after) != len(b)-1 {
		t.Errorf("the file has %d bytes, had %d", len(after), len(b)-1)
	}
}

func TestClosed(t *testing.T) {
	j := open(t, testDir, Options{FS: newMemFS()})
	begin(t, j, "a")
	closed(t, j)
	closed(t, j)
	if _, err := j.Append(exchange("a", "p", 0, 0, 0)); err == nil {
		t.Error("append to a closed journal")
	}
}

// TestSyncs counts the syncs: one each time, none where nothing was appended.
func TestSyncs(t *testing.T) {
	fs, m := newMemFS(), newModel()
	j := open(t, testDir, Options{FS: fs})
	begin(t, j, "a")
	want := [][]string{{"sync 00000001.journal", "syncdir journal"}, {"sync 00000001.journal"}, nil}
	for i, want := range want {
		if i < 2 {
			m.add(t, j, "a", "p", i)
		}
		fs.trace = nil
		must(t, j.Sync())
		if !slices.Equal(fs.trace, want) {
			t.Errorf("sync %d did %q, want %q", i, fs.trace, want)
		}
	}
}

// TestConcurrent walks many partitions at once, over segments that fill up,
// with syncs, pruning and reading meanwhile.
func TestConcurrent(t *testing.T) {
	j := open(t, t.TempDir(), Options{SegmentBytes: 20_000, MaxBytes: 60_000, MaxAge: time.Hour})
	begin(t, j, "a")
	var walks, syncs sync.WaitGroup
	stop := make(chan struct{})
	syncs.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := j.Sync(); err != nil {
				t.Error(err)
			}
			if _, err := j.Prune(noon); err != nil {
				t.Error(err)
			}
			_ = j.Each(func(*Exchange) error { return nil })
			j.Passes.All()
		}
	})
	for _, partition := range []string{"p", "q", "r", "s"} {
		walks.Go(func() { walkConcurrent(t, j, partition) })
	}
	walks.Wait()
	close(stop)
	syncs.Wait()
	if _, err := j.Prune(noon); err != nil { // the walks may have appended since the last one
		t.Fatal(err)
	}
	if j.Size() > 100_000 {
		t.Errorf("%d bytes after pruning", j.Size())
	}
}

func walkConcurrent(t *testing.T, j *Journal, partition string) {
	var buf []byte
	for n := range 200 {
		want := exchange("a", partition, 0, n, 0)
		if _, err := j.Append(want); err != nil {
			t.Error(err)
			return
		}
		place, _, ok := j.Lookup(want.Key)
		if !ok {
			t.Errorf("%v is not there", want.Key)
			return
		}
		got, err := j.Read(place, buf)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("read %+v, %v", got, err)
			return
		}
		buf = got.Body[:0]
		j.Emitted(want.Key)
	}
}

// TestLookupAlike proves that an exchange of another stream is found by its number and
// digest alone, in an unfinished pass that began with the one that asks.
func TestLookupAlike(t *testing.T) {
	j := open(t, t.TempDir(), Options{})
	digests := map[string][16]byte{}
	for i, p := range []Pass{
		{ID: "own", Stream: "a", AsOf: noon}, {ID: "same", Stream: "b", AsOf: noon}, {ID: "later", Stream: "b", AsOf: noon.Add(1)},
		{ID: "finished", Stream: "b", AsOf: noon}, {ID: "other", Stream: "c", AsOf: noon},
	} {
		p.Begun = noon
		must(t, j.Passes.Begin(p))
		e := exchange(p.ID, "p", 0, 0, 0)
		e.Digest = [16]byte{byte(i + 1)}
		_, err := j.Append(e)
		must(t, err)
		digests[p.ID] = e.Digest
	}
	must(t, j.Passes.Finish("finished"))
	for pass, digest := range digests {
		if _, got := j.LookupAlike(Key{"own", "q", 0, 0}, digest, []string{"a", "b"}); got != (pass == "same") {
			t.Errorf("that of the pass %s is found: %v", pass, got)
		}
	}
	if _, got := j.LookupAlike(Key{"own", "q", 0, 1}, digests["same"], []string{"b"}); got {
		t.Error("another number is found")
	}
	if _, got := j.LookupAlike(Key{"own", "q", 1, 0}, digests["same"], []string{"b"}); got {
		t.Error("that of an earlier generation is found")
	}
	closed(t, j)
}

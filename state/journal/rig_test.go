package journal

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/state/journal/disk"
)

const testDir = "/journal"

var noon = time.Date(2025, 3, 5, 12, 0, 0, 250, time.UTC)

// exchange makes an exchange that differs from every other in all its parts.
func exchange(pass, partition string, generation, n, take int) *Exchange {
	id := fmt.Sprintf("%s/%s/%d/%d/%d", pass, partition, generation, n, take)
	e := &Exchange{
		Key:      Key{pass, partition, generation, n},
		At:       noon.Add(time.Duration(n) * time.Second),
		Took:     time.Duration(n+1) * time.Millisecond,
		Request:  "GET https://api.example.com/" + id,
		Status:   200 + take,
		Header:   http.Header{"Content-Type": {"application/json"}, "X-Id": {id, "b"}},
		Body:     bytes.Repeat([]byte(id), 3+40*(n&1)), // the long ones are packed
		Attempts: 1 + n%3,
		Records:  n * 10,
	}
	copy(e.Digest[:], id)
	return e
}

// Read reads an exchange whole. Its body lies in buf, which is grown as needed.
func (j *Journal) Read(p Place, buf []byte) (*Exchange, error) {
	e, body, err := j.Stream(p)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	if e.Body, err = body.Append(buf[:0]); err != nil {
		return nil, err
	}
	return e, nil
}

// model is what was handed to Append.
type model struct {
	given map[Key][]*Exchange
}

func newModel() *model { return &model{map[Key][]*Exchange{}} }

func (m *model) clone() *model {
	c := newModel()
	for k, given := range m.given {
		c.given[k] = slices.Clone(given)
	}
	return c
}

func (m *model) give(e *Exchange) {
	m.given[e.Key] = append(m.given[e.Key], e)
}

// lines are the partitions of a test's journal: pass and partition.
func (m *model) lines() [][2]string {
	seen := map[[2]string]bool{}
	for k := range m.given {
		seen[[2]string{k.Pass, k.Partition}] = true
	}
	lines := slices.Collect(maps.Keys(seen))
	slices.SortFunc(lines, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	return lines
}

// walk asks a journal for a partition from exchange from on, and fails the test
// where what comes out was never given.
func (m *model) walk(t testing.TB, j *Journal, pass, partition string, from int) []*Exchange {
	t.Helper()
	var got []*Exchange
	generation := j.Generation(pass, partition)
	for n := from; ; n++ {
		k := Key{pass, partition, generation, n}
		place, digest, ok := j.Lookup(k)
		if !ok {
			return got
		}
		e, err := j.Read(place, nil)
		if err != nil {
			t.Fatalf("read %v: %v", k, err)
		}
		if e.Key != k || e.Digest != digest || !slices.ContainsFunc(m.given[k], func(g *Exchange) bool { return reflect.DeepEqual(g, e) }) {
			t.Fatalf("%v came out as %+v, which was never given", k, e)
		}
		got = append(got, e)
	}
}

// all walks every partition, and returns how many exchanges of each came out.
func (m *model) all(t testing.TB, j *Journal) map[[2]string]int {
	t.Helper()
	counts := map[[2]string]int{}
	for _, line := range m.lines() {
		counts[line] = len(m.walk(t, j, line[0], line[1], 0))
	}
	return counts
}

func open(t testing.TB, dir string, o Options) *Journal {
	t.Helper()
	j, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func begin(t testing.TB, j *Journal, id string) {
	t.Helper()
	p := Pass{ID: id, Stream: "orders", AsOf: noon, Begun: noon, Shape: "9f2c", From: []byte(`"2025"`), Plan: []byte(`{"windows":[]}`)}
	if err := j.Passes.Begin(p); err != nil {
		t.Fatal(err)
	}
}

func (m *model) add(t testing.TB, j *Journal, pass, partition string, ns ...int) {
	t.Helper()
	for _, n := range ns {
		m.addTake(t, j, pass, partition, n, 0)
	}
}

func (m *model) addTake(t testing.TB, j *Journal, pass, partition string, n, take int) Place {
	t.Helper()
	e := exchange(pass, partition, j.Generation(pass, partition), n, take)
	m.give(e)
	p, err := j.Append(e)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// addLong adds an exchange by way of a draft.
func (m *model) addLong(t testing.TB, j *Journal, pass, partition string, n, take int) Place {
	t.Helper()
	e := exchange(pass, partition, j.Generation(pass, partition), n, take)
	m.give(e)
	p, err := appendSome(j, e, true)
	must(t, err)
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func closed(t testing.TB, j *Journal) {
	t.Helper()
	must(t, j.Close())
}

// small writes a journal with everything in it that a frame can be, over
// several segments and two runs.
func small(t testing.TB, m *model, fs disk.FS) {
	t.Helper()
	j := open(t, testDir, Options{FS: fs, SegmentBytes: 1500})
	begin(t, j, "a")
	m.add(t, j, "a", "p", 0, 1, 2)
	m.add(t, j, "a", "q", 0, 1)
	_, err := j.Restart("a", "q")
	must(t, err)
	m.add(t, j, "a", "q", 0, 1, 2)
	m.add(t, j, "a", "p", 3, 4)
	must(t, j.Reject(Key{"a", "p", 0, 3}))
	m.addTake(t, j, "a", "p", 3, 1)
	m.addTake(t, j, "a", "p", 4, 1)
	begin(t, j, "dropped")
	m.add(t, j, "dropped", "p", 0, 1)
	must(t, j.Passes.Drop("dropped"))
	closed(t, j)

	j = open(t, testDir, Options{FS: fs, SegmentBytes: 1500})
	m.addTake(t, j, "a", "q", 1, 2) // replaces 1 and 2
	m.addTake(t, j, "a", "q", 2, 2)
	begin(t, j, "b")
	m.add(t, j, "b", "fan", 0, 3, 1, 2, 5) // 5 waits for 4
	must(t, j.Passes.Finish("b"))
	m.add(t, j, "a", "p", 5)
	_, err = j.Restart("a", "gone")
	must(t, err)
	closed(t, j)
}

// smallWhole is what a whole journal of small serves.
var smallWhole = map[[2]string]int{{"a", "p"}: 6, {"a", "q"}: 3, {"b", "fan"}: 4, {"dropped", "p"}: 0}

// frameAt is a frame of a segment, with the key of an exchange.
type frameAt struct {
	from, to int
	kind     kind
	key      Key
}

// framesOf reads the frames of a whole segment.
func framesOf(t testing.TB, b []byte) []frameAt {
	t.Helper()
	var frames []frameAt
	for off := headerSize; off < len(b); {
		fixed := parsePrelude(b[off:])
		end := off + preludeSize + int(fixed.head) + int(fixed.body)
		f := frameAt{from: off, to: end, kind: fixed.kind}
		if fixed.kind == kindExchange {
			e, _, ok := readExchange(b[off+preludeSize:off+preludeSize+int(fixed.head)], int64(fixed.body))
			if !ok {
				t.Fatal("the test's own journal is damaged")
			}
			f.key = e.Key
		}
		frames = append(frames, f)
		off = end
	}
	return frames
}

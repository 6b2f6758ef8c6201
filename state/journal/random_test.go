package journal

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/tap-rest/tap-rest/testshare"
)

// line is what a partition must serve, kept the simple way.
type line struct {
	generation, first, left int
	gone                    int // up to here a prune may have deleted
	items                   map[int]*Exchange
}

func newLine(generation, first int) *line {
	return &line{generation, first, -1, -1, map[int]*Exchange{}}
}

func (l *line) end() int {
	end := max(l.first, 0)
	for l.items[end] != nil {
		end++
	}
	return end
}

func (l *line) reject(n int) {
	for k := range l.items {
		if k >= n {
			delete(l.items, k)
		}
	}
	if l.first < 0 || n < l.first {
		l.first = n
	}
	l.gone, l.left = min(l.gone, n-1), min(l.left, n-1)
}

// player does things to a journal at random, and keeps what must come of it.
type player struct {
	r     *rand.Rand
	fs    *memFS
	o     Options
	j     *Journal
	m     *model
	lines map[string]*line
	takes int
	// pruned: a partition may begin anywhere.
	pruned bool
	// used: something was done to the pass since the journal was opened. Before
	// that, a prune may forget a partition of which everything has left.
	used bool
}

func (p *player) pick() (string, *line) {
	name := string(rune('p' + p.r.IntN(4)))
	l := p.lines[name]
	if l == nil {
		l = newLine(0, -1)
		p.lines[name] = l
	}
	return name, l
}

func (p *player) step(t *testing.T) {
	t.Helper()
	name, l := p.pick()
	do := p.r.IntN(24)
	switch do {
	case 0:
		n := p.r.IntN(l.end() + 1)
		must(t, p.j.Reject(Key{"a", name, l.generation, n}))
		l.reject(n)
	case 1:
		g, err := p.j.Restart("a", name)
		must(t, err)
		p.lines[name] = newLine(g, 0)
	case 2, 3:
		l.left = max(l.left, p.r.IntN(l.end()+1)-1)
		if k := (Key{"a", name, l.generation, l.left}); do == 2 {
			p.j.Emitted(k)
		} else {
			p.j.Written(k)
			p.j.Covered()
		}
	case 4, 5:
		deleted, err := p.j.Prune(noon)
		must(t, err)
		p.prune(deleted > 0)
	case 6:
		closed(t, p.j)
		p.j = open(t, testDir, p.o)
		p.reopened()
	case 7:
		n := p.r.IntN(l.end() + 5)
		must(t, p.j.Skip(Key{"a", name, l.generation, n}))
		p.lines[name] = newLine(l.generation, n)
	case 8:
		p.append(t, name, l, p.r.IntN(l.end()+1))
	case 9, 10:
		p.append(t, name, l, l.end()+p.r.IntN(3))
	default:
		p.append(t, name, l, l.end())
	}
	p.used = do != 6 && (p.used || do != 4 && do != 5)
}

func (p *player) prune(deleted bool) {
	if !deleted {
		return
	}
	p.pruned = true
	for name, l := range p.lines {
		l.gone = max(l.gone, l.left)
		if g := p.j.Generation("a", name); g != l.generation && !p.used {
			p.lines[name] = newLine(g, -1)
		}
	}
}

// reopened forgets what had left, as the journal does, and the partitions of
// which nothing is there.
func (p *player) reopened() {
	for name, l := range p.lines {
		l.left = -1
		if g := p.j.Generation("a", name); g != l.generation {
			p.lines[name] = newLine(g, -1)
		}
	}
}

func (p *player) append(t *testing.T, name string, l *line, n int) {
	t.Helper()
	p.takes++
	e := exchange("a", name, l.generation, n, p.takes)
	p.m.give(e)
	_, err := p.j.Append(e)
	must(t, err)
	if n < l.end() && l.first >= 0 {
		l.reject(n)
	}
	if l.first < 0 {
		l.first = n
	}
	l.items[n] = e
}

// check expects what did not leave to be served, and nothing that was replaced.
func (p *player) check(t *testing.T) {
	t.Helper()
	for name, l := range p.lines {
		for n := range l.end() + 5 {
			place, _, ok := p.j.Lookup(Key{"a", name, l.generation, n})
			due := l.items[n] != nil && n < l.end()
			if !ok && due && n > l.gone || ok && !due && !p.pruned {
				t.Fatalf("%s %d of %+v: there %v, want %v", name, n, l, ok, due)
			}
			if !ok {
				continue
			}
			if e, err := p.j.Read(place, nil); err != nil || !reflect.DeepEqual(e, l.items[n]) {
				t.Fatalf("%s %d: %+v, %v, want %+v", name, n, e, err, l.items[n])
			}
		}
	}
}

func TestRandom(t *testing.T) {
	for seed := range uint64(testshare.Rounds(60)) {
		if testing.Short() && seed%7 > 0 {
			continue // in each way that there is
		}
		fs := newMemFS()
		o := Options{FS: fs, SegmentBytes: 900, MaxBytes: int64(2000 * (seed % 3)), awake: int(seed % 2)}
		p := &player{r: rand.New(rand.NewPCG(seed, 0)), fs: fs, m: newModel(), o: o, lines: map[string]*line{}}
		p.j = open(t, testDir, o)
		begin(t, p.j, "a")
		for range 150 {
			p.step(t)
			p.check(t)
		}
		checkSize(t, p.j, fs)
		closed(t, p.j)
	}
}

// TestRandomCrash cuts the power in between, with deletions that may not have
// happened either. What comes out was given, and opening never fails.
func TestRandomCrash(t *testing.T) {
	for seed := range uint64(testshare.Seeds(60)) {
		fs := newMemFS()
		o := Options{FS: fs, SegmentBytes: 900, MaxBytes: 3000, awake: int(seed % 2)}
		p := &player{r: rand.New(rand.NewPCG(seed, 1)), fs: fs, m: newModel(), o: o, lines: map[string]*line{}}
		p.j = open(t, testDir, o)
		begin(t, p.j, "a")
		for range 150 {
			switch p.r.IntN(12) {
			case 0:
				must(t, p.j.Sync())
			case 1:
				p.crash(t)
			default:
				p.step(t)
			}
		}
		closed(t, p.j)
	}
}

func (p *player) crash(t *testing.T) {
	t.Helper()
	p.fs = p.fs.crash(p.r)
	p.o.FS = p.fs
	p.j, p.used = open(t, testDir, p.o), false
	p.m.all(t, p.j)
	if len(p.j.Passes.All()) == 0 {
		begin(t, p.j, "a")
	}
	p.lines = map[string]*line{}
	for _, name := range []string{"p", "q", "r", "s"} {
		p.lines[name] = newLine(p.j.Generation("a", name), -1)
	}
}

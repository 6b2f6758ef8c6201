package distinct

import (
	"errors"
	"os"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	// mostKeys is how many keys all counters of a pool hold, together.
	mostKeys = 1 << 17
	// fewKeys is how many a counter holds at least: walks of few keys are many.
	fewKeys = 1 << 4
	// leastRun is how many a counter has before it writes them to disk.
	leastRun = 1 << 12
)

// Pool is the memory that counters share. Its methods may be called from any
// goroutine.
type Pool struct {
	dir  string
	most int64
	used atomic.Int64

	mu   sync.Mutex
	open map[*os.File]bool
}

// NewPool returns a pool whose counters write runs to a folder.
func NewPool(dir string) *Pool { return &Pool{dir: dir, most: mostKeys} }

// Close closes and removes the files of counters that nobody has reset: they are of
// no use then.
func (p *Pool) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for file := range p.open {
		errs = append(errs, discard(file))
	}
	p.open = nil
	return errors.Join(errs...)
}

// create makes a file for runs. It has no name as soon as it is open, where the
// system can do that.
func (p *Pool) create() (*os.File, error) {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(p.dir, "keys-*.tmp")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(file.Name())
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		p.open = map[*os.File]bool{}
	}
	p.open[file] = true
	return file, nil
}

// drop closes and removes a file.
func (p *Pool) drop(file *os.File) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.open[file] {
		return nil
	}
	delete(p.open, file)
	return discard(file)
}

func discard(file *os.File) error {
	err := os.Remove(file.Name())
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(file.Close(), err)
}

// take takes room for so many keys more; false: there is not as much.
func (p *Pool) take(keys int) bool {
	if p.used.Add(int64(keys)) <= p.most {
		return true
	}
	p.used.Add(-int64(keys))
	return false
}

// Counter counts the keys of one walk. It is used from one goroutine.
type Counter struct {
	pool *Pool
	keys []uint64 // that came since the last run
	held int      // of the pool's
	came int64
	runs runs
	err  error // of the disk: the number of different keys is not known
}

// Counter returns a counter without keys.
func (p *Pool) Counter() *Counter { return &Counter{pool: p} }

// Add takes a key.
func (c *Counter) Add(key uint64) {
	if len(c.keys) == cap(c.keys) {
		c.room()
	}
	c.keys = append(c.keys, key)
	c.came++
}

// Came is how many keys came.
func (c *Counter) Came() int64 { return c.came }

// room makes room for a key more: in memory, or by a run on disk.
func (c *Counter) room() {
	size := max(fewKeys, 2*cap(c.keys))
	if size <= leastRun || size <= mostKeys && c.grow(size) {
		c.keys = append(make([]uint64, 0, size), c.keys...)
		return
	}
	if c.err == nil {
		c.err = c.spill()
	}
	c.keys = c.keys[:0]
}

// spill writes the keys to disk, as a run.
func (c *Counter) spill() (err error) {
	if c.runs.file == nil {
		if c.runs.file, err = c.pool.create(); err != nil {
			return err
		}
	}
	c.sort()
	return c.runs.add(c.keys)
}

// grow takes what a larger buffer needs of the pool.
func (c *Counter) grow(size int) bool {
	if !c.pool.take(size - c.held) {
		return false
	}
	c.held = size
	return true
}

// sort sorts the keys, each once. Those that came in order are sorted already.
func (c *Counter) sort() {
	sortKeys(c.keys)
	c.keys = slices.Compact(c.keys)
}

// Distinct is how many different keys came. The error is one of the disk.
func (c *Counter) Distinct() (int64, error) {
	if c.err != nil {
		return 0, c.err
	}
	c.sort()
	if c.runs.file == nil {
		return int64(len(c.keys)), nil
	}
	n, err := c.runs.merge(c.keys)
	c.err = err
	return n, err
}

// Reset forgets the keys, and gives the memory back.
func (c *Counter) Reset() error {
	c.pool.used.Add(-int64(c.held))
	file := c.runs.file
	*c = Counter{pool: c.pool}
	return c.pool.drop(file)
}

// runs are sorted keys on disk, one run behind the other.
type runs struct {
	file *os.File // nil: there are none
	ends []int64  // of each run, in bytes
	buf  []byte
}

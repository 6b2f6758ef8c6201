package journal

import (
	"errors"
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/state/journal/disk"
)

// Each calls f for every exchange that can be read, in the order of their
// arrival: those of older generations and of dropped passes too, as long as
// they lie on disk. The exchange is f's until the next call; a body over MaxWhole
// is left out of it. It ends with the first error of f, and returns it.
func (j *Journal) Each(f func(e *Exchange) error) error {
	j.mu.Lock()
	segments := make([]segment, 0, len(j.store.segments))
	for _, s := range j.store.segments {
		segments = append(segments, segment{number: s.number, tag: s.tag, size: s.size})
	}
	j.mu.Unlock()
	r := eachReader{store: j.store, unpacker: newUnpacker()}
	for _, s := range segments {
		if err := r.segment(&s, f); err != nil {
			return err
		}
	}
	return nil
}

// eachReader is what Each needs.
type eachReader struct {
	store    *store
	unpacker *unpacker
	stored   []byte // memory for bodies as they lie on disk
	body     []byte // and as they came
}

func (r *eachReader) segment(s *segment, f func(e *Exchange) error) error {
	file, err := r.store.fs.Open(r.store.path(s.number))
	if errors.Is(disk.Classify(err), ErrGone) {
		return nil // pruned meanwhile
	}
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	defer file.Close()
	sc := scanner{file: file, size: s.size, segment: s.number, tag: s.tag, off: headerSize, body: r.stored, bodies: isShortExchange}
	defer func() { r.stored = sc.body }()
	for {
		it, err := sc.next()
		if err == io.EOF || errors.Is(err, errDamaged) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the journal %s: %w", r.store.path(s.number), err)
		}
		if !it.whole || it.kind != kindExchange {
			continue
		}
		if e := r.exchange(it); e != nil {
			if err := f(e); err != nil {
				return err
			}
		}
	}
}

// exchange reads an exchange that a scanner found, or nil where it makes no
// sense.
func (r *eachReader) exchange(it span) *Exchange {
	e, of, ok := readExchange(it.head, it.place.body)
	if !ok || e.Digest == Asked {
		return nil
	}
	if max(of.size, it.place.body) > MaxWhole {
		e.LeftOut = of.size
		return e
	}
	var err error
	if r.body, err = r.unpacker.unpack(r.body[:0], it.body, of); err != nil {
		return nil
	}
	e.Body = r.body
	return e
}

func isShortExchange(k kind, size int64) bool { return k == kindExchange && size <= MaxWhole }

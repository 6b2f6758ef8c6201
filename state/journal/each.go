package journal

import (
	"errors"
	"fmt"
	"io"
)

// Each calls f for every exchange that can be read, in the order of their
// arrival: those of older generations and of dropped passes too, as long as
// they lie on disk. The exchange is f's until the next call; a body over MaxWhole
// is left out of it. It ends with the first error of f, and returns it.
func (j *Journal) Each(f func(e *Exchange) error) error {
	var body []byte
	for _, s := range j.snapshot() {
		var err error
		if body, err = j.eachOf(&s, body, f); err != nil {
			return err
		}
	}
	return nil
}

// snapshot copies what is known of the segments.
func (j *Journal) snapshot() []segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	var segments []segment
	for _, s := range j.segments {
		segments = append(segments, segment{number: s.number, mark: s.mark, size: s.size})
	}
	return segments
}

// eachOf hands the buffer for bodies back.
func (j *Journal) eachOf(s *segment, body []byte, f func(e *Exchange) error) ([]byte, error) {
	file, err := j.fs.Open(j.path(s.number))
	if errors.Is(classify(err), ErrGone) {
		return body, nil // pruned meanwhile
	}
	if err != nil {
		return body, fmt.Errorf("read the journal: %w", err)
	}
	defer file.Close()
	sc := scanner{file: file, size: s.size, segment: s.number, mark: s.mark, off: headerSize, body: body, bodies: isShortExchange}
	for {
		it, err := sc.next()
		if err == io.EOF || errors.Is(err, errDamaged) {
			return sc.body, nil
		}
		if err != nil {
			return sc.body, fmt.Errorf("read the journal %s: %w", j.path(s.number), err)
		}
		if !it.whole || it.kind != kindExchange {
			continue
		}
		e, ok := readExchange(it.head)
		if !ok {
			continue
		}
		if e.Body = it.body; it.place.body > MaxWhole {
			e.LeftOut = it.place.body
		}
		if err := f(e); err != nil {
			return sc.body, err
		}
	}
}

func isShortExchange(k kind, size int64) bool { return k == kindExchange && size <= MaxWhole }

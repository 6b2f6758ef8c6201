package distinct

import (
	"bufio"
	"encoding/binary"
	"io"
)

const (
	keySize = 8
	// writeSize is how many bytes are written at a time.
	writeSize = 1 << 16
	// readMemory is what the buffers of all runs take while they are merged, and
	// leastRead the least that one has.
	readMemory, leastRead = 1 << 20, 1 << 12
)

// add writes a run behind the others.
func (r *runs) add(keys []uint64) error {
	for len(keys) > 0 {
		r.buf = r.buf[:0]
		n := min(len(keys), writeSize/keySize)
		for _, key := range keys[:n] {
			r.buf = binary.LittleEndian.AppendUint64(r.buf, key)
		}
		if _, err := r.file.Write(r.buf); err != nil {
			return err
		}
		keys = keys[n:]
	}
	end, err := r.file.Seek(0, io.SeekCurrent)
	r.ends = append(r.ends, end)
	return err
}

// merge is how many different keys all runs have, and the sorted ones in memory.
func (r *runs) merge(inMemory []uint64) (distinct int64, err error) {
	h := heads{{memory: inMemory}}
	start := int64(0)
	for _, end := range r.ends {
		part := io.NewSectionReader(r.file, start, end-start)
		h = append(h, head{file: bufio.NewReaderSize(part, max(leastRead, readMemory/len(r.ends)))})
		start = end
	}
	if h, err = h.begin(); err != nil {
		return 0, err
	}
	var last uint64
	for len(h) > 0 {
		if key := h[0].key; distinct == 0 || key != last {
			distinct, last = distinct+1, key
		}
		if h, err = h.next(); err != nil {
			return 0, err
		}
	}
	return distinct, nil
}

// head is the next key of a run.
type head struct {
	key    uint64
	file   *bufio.Reader // nil: of memory
	memory []uint64
}

// read reads the next key; false: there is none.
func (h *head) read() (bool, error) {
	if h.file == nil {
		if len(h.memory) == 0 {
			return false, nil
		}
		h.key, h.memory = h.memory[0], h.memory[1:]
		return true, nil
	}
	next, err := h.file.Peek(keySize)
	switch {
	case err == io.EOF && len(next) == 0:
		return false, nil
	case err == io.EOF:
		return false, io.ErrUnexpectedEOF
	case err != nil:
		return false, err
	}
	h.key = binary.LittleEndian.Uint64(next)
	_, err = h.file.Discard(keySize)
	return true, err
}

// heads is a heap, the least key on top.
type heads []head

// begin reads the first key of each run.
func (h heads) begin() (heads, error) {
	all := h[:0]
	for _, one := range h {
		ok, err := one.read()
		if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, one)
		}
	}
	for i := len(all)/2 - 1; i >= 0; i-- {
		all.down(i)
	}
	return all, nil
}

// next takes the key on top away.
func (h heads) next() (heads, error) {
	ok, err := h[0].read()
	if err != nil {
		return nil, err
	}
	if !ok {
		h[0] = h[len(h)-1]
		h = h[:len(h)-1]
	}
	h.down(0)
	return h, nil
}

// down moves a head to below the lesser ones.
func (h heads) down(i int) {
	for {
		least := 2*i + 1
		if least >= len(h) {
			return
		}
		if right := least + 1; right < len(h) && h[right].key < h[least].key {
			least = right
		}
		if h[i].key <= h[least].key {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

package journal

import (
	"encoding/binary"
	"encoding/hex"
	"hash/maphash"
)

const (
	// chunkBits is the size of a chunk of packed partitions, as a power of two. A
	// partition that takes more has a chunk of its own.
	chunkBits = 16
	chunkSize = 1 << chunkBits
	// mostChunks can be told apart.
	mostChunks = 1 << (32 - chunkBits)
)

// packed are partitions in few bytes, in which the collector has nothing to look
// for: one of an exchange takes about 65 bytes, and 15 to be found.
type packed struct {
	seed   maphash.Seed
	places map[uint32]uint32 // by the hash of the name: the chunk, and where in it
	chunks [][]byte
	size   int // of all chunks
	unused int // of that: what was taken out
	line   []byte
}

// put adds a partition, unless there is no place for it: another one's name may
// have the same hash.
func (p *packed) put(r *partition) bool {
	if p.places == nil {
		p.seed, p.places = maphash.MakeSeed(), map[uint32]uint32{}
	}
	hash := p.hash(r.name)
	if _, taken := p.places[hash]; taken {
		return false
	}
	p.line = r.pack(p.line[:0])
	place, ok := p.append(p.line)
	if ok {
		p.places[hash] = place
	}
	return ok
}

func (p *packed) hash(name string) uint32 { return uint32(maphash.String(p.seed, name)) }

// append adds a line, with its length before it.
func (p *packed) append(line []byte) (place uint32, ok bool) {
	size := binary.MaxVarintLen32 + len(line)
	last := len(p.chunks) - 1
	if last < 0 || cap(p.chunks[last])-len(p.chunks[last]) < size {
		if len(p.chunks) == mostChunks {
			return 0, false
		}
		p.chunks = append(p.chunks, make([]byte, 0, max(chunkSize, size)))
		last++
	}
	chunk := p.chunks[last]
	at := len(chunk)
	p.chunks[last] = append(binary.AppendUvarint(chunk, uint64(len(line))), line...)
	p.size += len(p.chunks[last]) - at
	return uint32(last)<<chunkBits | uint32(at), true
}

// at returns the line at a place, and how much it takes.
func (p *packed) at(place uint32) (line []byte, size int) {
	chunk := p.chunks[place>>chunkBits][place&(chunkSize-1):]
	n, head := binary.Uvarint(chunk)
	return chunk[head : head+int(n)], head + int(n)
}

// take takes a partition out, nil where there is none of that name.
func (p *packed) take(name string) *partition {
	if p.places == nil {
		return nil
	}
	hash := p.hash(name)
	place, ok := p.places[hash]
	if !ok {
		return nil
	}
	r := p.unpacked(place)
	if r.name != name {
		return nil
	}
	delete(p.places, hash)
	_, size := p.at(place)
	if p.unused += size; p.unused > chunkSize && p.unused > p.size/2 {
		p.tidy()
	}
	return r
}

// unpacked returns the partition at a place.
func (p *packed) unpacked(place uint32) *partition {
	line, _ := p.at(place)
	r := &partition{}
	r.unpack(line)
	return r
}

// tidy gives back the room of what was taken out.
func (p *packed) tidy() {
	old := *p
	p.chunks, p.size, p.unused = nil, 0, 0
	for hash, place := range old.places {
		line, _ := old.at(place)
		p.places[hash], _ = p.append(line) // there are no more chunks than before
	}
}

// each yields the partitions. One is the caller's until the next.
func (p *packed) each(yield func(*partition) bool) {
	var r partition
	for _, place := range p.places {
		line, _ := p.at(place)
		if r.unpack(line); !yield(&r) {
			return
		}
	}
}

// pack appends the partition to b.
func (r *partition) pack(b []byte) []byte {
	b = appendName(b, r.name)
	for _, n := range []int{r.generation, r.first, r.emitted, r.leaving.before, int(r.leaving.round), r.damaged, flag(r.started), len(r.segs)} {
		b = appendInt(b, n)
	}
	for _, segment := range r.segs {
		b = binary.AppendUvarint(b, uint64(segment))
	}
	b = appendInt(b, len(r.entries))
	for i := range r.entries {
		b = r.entries[i].pack(b)
	}
	for n, e := range r.waiting {
		b = e.pack(appendInt(b, n))
	}
	return b
}

// appendName appends a name. Those that are digests take half as much: they are
// told from others by a length that is odd.
func appendName(b []byte, name string) []byte {
	start := len(b)
	b = binary.AppendUvarint(b, uint64(len(name)/2)<<1|1)
	digest, err := hex.AppendDecode(b, []byte(name))
	if err == nil && hex.EncodeToString(digest[len(b):]) == name {
		return digest
	}
	return append(binary.AppendUvarint(b[:start], uint64(len(name))<<1), name...)
}

func readName(d *decoder) string {
	n := d.uint()
	if n&1 == 1 {
		return hex.EncodeToString(d.take(n >> 1))
	}
	return string(d.take(n >> 1))
}

// unpack makes the partition the one that was packed, and keeps what memory it has.
func (r *partition) unpack(b []byte) {
	d := decoder{b: b}
	was := *r
	*r = partition{name: readName(&d), generation: d.int(), first: d.int(), emitted: d.int()}
	r.leaving = leaving{d.int(), uint32(d.int())}
	r.damaged, r.started = d.int(), d.int() == 1
	r.segs, r.entries = was.segs[:0], was.entries[:0]
	for range d.int() {
		r.segs = append(r.segs, uint32(d.uint()))
	}
	for range d.int() {
		r.entries = append(r.entries, unpackEntry(&d))
	}
	for len(d.b) > 0 {
		if r.waiting == nil {
			r.waiting = map[int]entry{}
		}
		n := d.int()
		r.waiting[n] = unpackEntry(&d)
	}
}

func (e *entry) pack(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(e.place.segment))
	b = binary.AppendUvarint(b, uint64(e.place.head))
	b = binary.AppendUvarint(b, uint64(e.place.offset))
	b = binary.AppendUvarint(b, uint64(e.place.body))
	return append(b, e.digest[:]...)
}

func unpackEntry(d *decoder) entry {
	return entry{Place{uint32(d.uint()), uint32(d.uint()), int64(d.uint()), int64(d.uint())}, d.digest()}
}

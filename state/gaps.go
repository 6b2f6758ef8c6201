package state

import (
	"encoding/base64"
	"math/bits"
	"strconv"
	"strings"
)

// appendGaps appends hashes, which ascend and none of which is 0, as text: a number
// k, a colon, and in base64 without padding the bits of the gaps between them. Of
// each gap, less one, there are as many zeros as its bits above the lowest k say, a
// one, and the lowest k bits. That is a Rice code: hashes are spread evenly, so that
// of n hashes each takes about 66 less log2(n) bits, where nothing can take 2 less.
func appendGaps(dst []byte, all Contexts) []byte {
	if len(all) == 0 {
		return dst
	}
	k := 64 - bits.Len(uint(len(all)))
	w := bitWriter{b: make([]byte, 0, len(all)*(k+4)/8)}
	before := uint64(0)
	for _, hash := range all {
		gap := hash - before - 1
		before = hash
		for range gap >> k {
			w.write(0, 1)
		}
		w.write(1, 1)
		w.write(gap, k)
	}
	dst = append(strconv.AppendInt(dst, int64(k), 10), ':')
	return base64.RawStdEncoding.AppendEncode(dst, w.end())
}

// TextOfContexts is about how many bytes so many contexts take in a state, or a
// little less.
func TextOfContexts(n int) int64 {
	k := 64 - bits.Len(uint(n))
	return int64(n) * int64(2*k+5) / 12
}

// readGaps reads what appendGaps wrote.
func readGaps(text string) (all Contexts, ok bool) {
	number, code, _ := strings.Cut(text, ":")
	k, err := strconv.Atoi(number)
	b, codeErr := base64.RawStdEncoding.DecodeString(code)
	if err != nil || codeErr != nil || k < 0 || k > 63 {
		return nil, false
	}
	r := bitReader{b: b}
	before := uint64(0)
	for {
		high, more := r.zeros()
		if !more {
			return all, high < 8 // what fills up the last byte
		}
		low, whole := r.read(k)
		if !whole || high > ^uint64(0)>>k {
			return nil, false
		}
		hash, carry := bits.Add64(before, high<<k|low, 1)
		if carry > 0 {
			return nil, false
		}
		all, before = append(all, hash), hash
	}
}

// bitWriter writes bits, the highest first.
type bitWriter struct {
	b    []byte
	last uint64 // bits that fill no byte yet
	n    int    // how many
}

// write writes the lowest n bits of v, at most 64.
func (w *bitWriter) write(v uint64, n int) {
	for n > 32 {
		n -= 32
		w.write(v>>n, 32)
	}
	w.last = w.last<<n | v&(1<<n-1)
	for w.n += n; w.n >= 8; {
		w.n -= 8
		w.b = append(w.b, byte(w.last>>w.n))
	}
}

// end fills up the last byte with zeros, and returns all.
func (w *bitWriter) end() []byte {
	if w.n > 0 {
		w.write(0, 8-w.n)
	}
	return w.b
}

// bitReader reads bits, the highest first.
type bitReader struct {
	b  []byte
	at int // in bits
}

// zeros returns how many zeros there are before the next one, and reads them and
// that; false where there are nothing but zeros.
func (r *bitReader) zeros() (n uint64, found bool) {
	for r.at < 8*len(r.b) {
		rest := r.b[r.at/8] << (r.at % 8)
		if rest != 0 {
			skip := bits.LeadingZeros8(rest)
			r.at += skip + 1
			return n + uint64(skip), true
		}
		left := 8 - r.at%8
		n, r.at = n+uint64(left), r.at+left
	}
	return n, false
}

// read reads n bits; false where there are fewer.
func (r *bitReader) read(n int) (v uint64, whole bool) {
	if r.at+n > 8*len(r.b) {
		return 0, false
	}
	for n > 0 {
		take := min(n, 8-r.at%8)
		rest := r.b[r.at/8] << (r.at % 8) >> (8 - take)
		v, r.at, n = v<<take|uint64(rest), r.at+take, n-take
	}
	return v, true
}

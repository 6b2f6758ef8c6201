package apitest

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
)

// mark is what a token says. Tokens are base64 with +, / and =, so that clients
// which do not escape them are found out.
type mark struct {
	generation uint32 // ExpireSessions kills the tokens of earlier ones
	session    uint32 // 0: none
	pos        uint64 // in the selection
}

const (
	sumSize   = 8
	tokenSize = sumSize + 16
	// padSize makes the length no multiple of three, so that tokens end in =.
	padSize = 1
)

// spell writes m as a token of scope: a checksum, then the fields masked by it.
func (m mark) spell(seed uint64, scope string) string {
	var b [tokenSize + padSize]byte
	binary.BigEndian.PutUint64(b[sumSize:], uint64(m.generation)<<32|uint64(m.session))
	binary.BigEndian.PutUint64(b[sumSize+8:], m.pos)
	sum := checksum(seed, scope, b[sumSize:tokenSize])
	binary.BigEndian.PutUint64(b[:], sum)
	mask(b[:])
	return base64.StdEncoding.EncodeToString(b[:])
}

// parseMark reads a token of scope. It is false for anything that spell did not
// write with this seed.
func parseMark(token string, seed uint64, scope string) (mark, bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != tokenSize+padSize {
		return mark{}, false
	}
	mask(b)
	if checksum(seed, scope, b[sumSize:tokenSize]) != binary.BigEndian.Uint64(b) {
		return mark{}, false
	}
	head := binary.BigEndian.Uint64(b[sumSize:])
	return mark{
		generation: uint32(head >> 32),
		session:    uint32(head),
		pos:        binary.BigEndian.Uint64(b[sumSize+8:]),
	}, true
}

// mask hides what follows the checksum, and undoes that.
func mask(b []byte) {
	for i := sumSize; i < len(b); i++ {
		b[i] ^= b[i%sumSize] + byte(i)
	}
}

func checksum(seed uint64, scope string, fields []byte) uint64 {
	h := fnv.New64a()
	h.Write(binary.BigEndian.AppendUint64(nil, seed))
	h.Write([]byte(scope))
	h.Write(fields)
	return splitmix(h.Sum64())
}

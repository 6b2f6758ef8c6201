package journal

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/state/journal/disk"
)

const (
	magic      = "tap-rest"
	version    = 2 // 1 is read too
	headerSize = 40
	suffix     = ".journal"
	// lastSegment leaves room for those after it.
	lastSegment = 1 << 30
)

// segment is a file of the journal. The fields behind size are of one that this
// run writes.
type segment struct {
	number     uint32
	tag        [tagSize]byte // begins each frame; random, so that no answer holds it
	size       int64         // up to which it is read
	before     segmentEnd    // the end of the segment before it when this one was begun
	unreadable bool          // the system could not read it

	file  disk.File // nil once it is written in full and synced
	dirty bool      // written since the last sync
}

// segmentEnd is how long a segment was.
type segmentEnd struct {
	segment uint32
	offset  int64
}

func segmentName(number uint32) string { return fmt.Sprintf("%08d%s", number, suffix) }

// segmentNumber reads a name as segmentName wrote it.
func segmentNumber(name string) (uint32, bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	n, err := strconv.ParseUint(digits, 10, 32)
	if !ok || err != nil || n == 0 || n > lastSegment || segmentName(uint32(n)) != name {
		return 0, false
	}
	return uint32(n), true
}

// Exists reports whether a folder holds a journal in which something was
// kept.
func Exists(dir string) (bool, error) {
	names, err := disk.OS{}.ReadDir(dir)
	return slices.ContainsFunc(names, func(name string) bool {
		_, ok := segmentNumber(name)
		return ok
	}), err
}

// header is what a segment begins with.
func (s *segment) header() []byte {
	b := append(make([]byte, 0, headerSize), magic...)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = binary.LittleEndian.AppendUint32(b, s.number)
	b = append(b, s.tag[:]...)
	b = binary.LittleEndian.AppendUint32(b, s.before.segment)
	b = binary.LittleEndian.AppendUint64(b, uint64(s.before.offset))
	return binary.LittleEndian.AppendUint32(b, checksum(b))
}

// headerState is what a header is worth.
type headerState int

const (
	headerGood headerState = iota
	headerDamaged
	headerNewer // it is whole, and of a later version
)

// readHeader takes the tag from a header.
func (s *segment) readHeader(b []byte) headerState {
	sum := binary.LittleEndian.Uint32(b[headerSize-4:])
	if string(b[:len(magic)]) != magic || sum != checksum(b[:headerSize-4]) {
		return headerDamaged
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v < 1 || v > version {
		return headerNewer
	}
	if binary.LittleEndian.Uint32(b[12:]) != s.number {
		return headerDamaged
	}
	copy(s.tag[:], b[16:])
	s.before = segmentEnd{binary.LittleEndian.Uint32(b[24:]), int64(binary.LittleEndian.Uint64(b[28:]))}
	return headerGood
}

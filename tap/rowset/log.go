package rowset

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"os"
)

const (
	// frameSize is from how many bytes of entries on a frame is written.
	frameSize = 1 << 20
	// mostFrame is the most that a frame may have: an entry is not cut.
	mostFrame = 1 << 28
	frameHead = 16
)

var sumTable = crc64.MakeTable(crc64.ECMA)

// Mark names what a log held at a time.
type Mark struct {
	Entries int64
	Sum     uint64
}

// Log gathers entries in the order in which they come. It is used from one
// goroutine.
type Log struct {
	file  *os.File
	buf   []byte // entries that no frame has yet
	count uint32
	mark  Mark
	err   error // of the first write that failed: the log is of no use then
}

// Create begins a log. A file that is there already is an error.
func Create(path string, h Header) (*Log, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	l := &Log{file: file}
	_, l.err = file.Write(appendHeader(nil, logMagic, h))
	return l, l.err
}

// Append adds so many entries, as [AppendEntry] writes them. An error comes with
// the next Flush.
func (l *Log) Append(entries []byte, count int64) {
	l.buf, l.count = append(l.buf, entries...), l.count+uint32(count)
	if len(l.buf) >= frameSize {
		l.write()
	}
}

// Flush makes what was added last: it is on disk when Flush returns.
func (l *Log) Flush() error {
	if l.count == 0 && l.err == nil {
		return nil
	}
	l.write()
	if l.err == nil {
		l.err = l.file.Sync()
	}
	return l.err
}

// Mark names what the log holds, once it is flushed.
func (l *Log) Mark() Mark { return l.mark }

// Close closes the file. What was not flushed is lost.
func (l *Log) Close() error { return l.file.Close() }

func (l *Log) write() {
	if l.count == 0 || l.err != nil {
		l.buf, l.count = l.buf[:0], 0
		return
	}
	var head [frameHead]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(l.buf)))
	binary.LittleEndian.PutUint32(head[4:], l.count)
	sum := addSum(l.mark.Sum, head[:8], l.buf)
	binary.LittleEndian.PutUint64(head[8:], sum)
	if _, l.err = l.file.Write(head[:]); l.err == nil {
		_, l.err = l.file.Write(l.buf)
	}
	l.mark = Mark{l.mark.Entries + int64(l.count), sum}
	l.buf, l.count = l.buf[:0], 0
}

func addSum(sum uint64, head, entries []byte) uint64 {
	return crc64.Update(crc64.Update(sum, sumTable, head), sumTable, entries)
}

// Logged is a log that is read.
type Logged struct {
	Header Header
	file   *os.File
	start  int64 // of the first frame
}

// OpenLog opens a log for reading.
func OpenLog(path string, h Header) (*Logged, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	l := &Logged{file: file}
	if l.Header, l.start, err = readHeader(file, logMagic); err == nil {
		err = match(l.Header, h)
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return l, nil
}

// Close closes the file.
func (l *Logged) Close() error { return l.file.Close() }

// UpTo hands out the entries that a mark names. Its error says that the log does
// not have them, at the latest behind the last.
func (l *Logged) UpTo(m Mark) Stream { return &frames{reader: l.from(0), until: &m} }

// Behind hands out the entries that came after a mark, of which UpTo has proven
// that it is there, as far as they are whole: what a run was about to write when it
// was killed is not.
func (l *Logged) Behind(m Mark) Stream { return &frames{reader: l.from(0), after: m} }

// All hands out all entries that are whole.
func (l *Logged) All() Stream { return l.Behind(Mark{}) }

func (l *Logged) from(offset int64) *bufio.Reader {
	return bufio.NewReaderSize(io.NewSectionReader(l.file, l.start+offset, 1<<62), 1<<16)
}

// Continue begins a log with what another one held at a mark. Without that, there
// is no log, and an error.
func Continue(path string, h Header, old *Logged, m Mark) (*Log, error) {
	l, err := Create(path, h)
	if err != nil {
		return nil, err
	}
	f := &frames{reader: old.from(0), until: &m}
	for {
		ok, err := f.frame()
		if err == nil && !ok {
			err = l.Flush()
		}
		if err != nil {
			return nil, errors.Join(err, l.Close(), os.Remove(path))
		}
		if !ok {
			return l, nil
		}
		l.Append(f.text, int64(f.count))
		l.write() // the same frames have the same sums
	}
}

// frames reads the frames of a log.
type frames struct {
	reader *bufio.Reader
	until  *Mark // where it must end; nil: where it does
	after  Mark  // entries up to there are left out
	at     Mark
	text   []byte // of the frame under way
	count  uint32
	rest   []byte
}

// frame reads the next frame; false: there is none.
func (f *frames) frame() (bool, error) {
	if f.until != nil && f.at.Entries >= f.until.Entries {
		if f.at != *f.until {
			return false, errDamaged
		}
		return false, nil
	}
	if f.read() {
		return true, nil
	}
	if f.until != nil {
		return false, errDamaged
	}
	return false, nil
}

// read reads a frame; false: there is no further one that is whole.
func (f *frames) read() bool {
	var head [frameHead]byte
	if _, err := io.ReadFull(f.reader, head[:]); err != nil {
		return false
	}
	size, count := binary.LittleEndian.Uint32(head[:]), binary.LittleEndian.Uint32(head[4:])
	if size > mostFrame {
		return false
	}
	var ok bool
	if f.text, ok = readText(f.reader, f.text, int(size)); !ok {
		return false
	}
	sum := addSum(f.at.Sum, head[:8], f.text)
	if sum != binary.LittleEndian.Uint64(head[8:]) || !fits(f.text, count) {
		return false
	}
	f.at, f.count, f.rest = Mark{f.at.Entries + int64(count), sum}, count, f.text
	return true
}

// readText reads so many bytes. Memory grows with those that are there, not with
// the length that a damaged file claims.
func readText(r io.Reader, buf []byte, size int) ([]byte, bool) {
	buf = buf[:0]
	for len(buf) < size {
		n := min(size-len(buf), frameSize)
		buf = append(buf, make([]byte, n)...)
		if _, err := io.ReadFull(r, buf[len(buf)-n:]); err != nil {
			return buf, false
		}
	}
	return buf, true
}

// Next hands out the next entry.
func (f *frames) Next() (key, value []byte, ok bool, err error) {
	for len(f.rest) == 0 {
		if ok, err := f.frame(); !ok || err != nil {
			return nil, nil, false, err
		}
		if f.at.Entries <= f.after.Entries {
			f.rest = nil
		}
	}
	key, value, f.rest, ok = cutEntry(f.rest)
	return key, value, ok, nil
}

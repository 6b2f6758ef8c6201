package rate

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/tap-rest/tap-rest/sources"
)

// Sharing is where the limits are that several processes share: in a folder, those of this
// machine find the limits that they share; leases are of a fleet.
type Sharing struct {
	Dir    string // "": nothing is shared
	Key    string // tells clients apart: what it is made of cannot be read from the files
	Log    *slog.Logger
	Leases Leases // nil: there are none
}

// shared is a limit that several processes keep to: its window lies in a file, which
// is locked while one of them looks at it. The lock of a process that is killed is
// gone with it, and so nothing has to be mended: the file is one page, which is
// written whole. One that is broken all the same is begun anew.
type shared struct {
	window
	path string
	log  *slog.Logger
	lock *flock.Flock
	file *os.File
	owed []debt // what is to be settled once the lock is free
	news bool   // what is owed was settled, and the file does not have it yet
}

// debt is what a request that started then cost more than was reserved.
type debt struct {
	more    sources.Cost
	started time.Time
}

// The file is a page: magic, version, the CRC-32C of what follows, the number of
// batches, and first, last (Unix nanoseconds) and cost (millionths) of each. What is
// behind them is of no meaning.
const (
	page      = 4096
	magic     = "tap-rate"
	version   = 1
	headBytes = len(magic) + 4 + 4 + 4
	mostBatch = (page - headBytes) / 24
	busy      = time.Millisecond // after which a lock is tried again
)

// mostBatch must be more than window ever holds: beyond exactly, one for each coarse
// part, and those that settle adds.
const _ = uint(mostBatch - exactly - coarse)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func newShared(d sources.RateLimit, w window, s Sharing) *shared {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%d %d %s %s", s.Key, d.Requests, d.Points, d.Per, d.Match))
	path := filepath.Join(s.Dir, hex.EncodeToString(sum[:8])+".rate")
	return &shared{window: window{most: w.most, per: w.per}, path: path, log: s.Log}
}

// open locks the file and reads it. Where another process has it, or a thread of this
// one, the wait says when to try again.
func (s *shared) open(now time.Time) (wait time.Duration, err error) {
	if s.lock == nil {
		if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
			return 0, err
		}
		s.lock = flock.New(s.path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	}
	locked, err := s.lock.TryLock()
	if err != nil || !locked {
		return busy, err
	}
	if s.file, err = os.OpenFile(s.path, os.O_RDWR, 0o600); err == nil {
		err = s.read(now)
	}
	if err != nil {
		s.close()
	}
	return 0, err
}

// read reads the window. One that is broken is begun anew.
func (s *shared) read(now time.Time) error {
	text := make([]byte, page)
	n, err := s.file.ReadAt(text, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if s.spent, err = decode(text[:n]); err != nil {
		s.log.Warn("the file of a shared rate_limit cannot be read: it is begun anew, so that for one span of the limit more requests may start than it allows",
			"file", s.path, "why", err.Error())
	}
	for i := range s.spent { // a clock that was set back would make requests wait for long
		if b := &s.spent[i]; b.last.After(now) {
			b.first, b.last = now, now
		}
	}
	for _, d := range s.owed {
		s.window.settle(d.more, d.started)
		s.news = true
	}
	s.owed = nil
	return nil
}

// save writes the window back, and gives the lock back.
func (s *shared) save() error {
	defer s.close()
	if n := len(s.spent); n > mostBatch { // what settle added: the oldest become one, which counts until the last of them does
		old := s.spent[:n-mostBatch+1]
		all := batch{first: old[0].first, last: old[len(old)-1].last}
		for _, b := range old {
			all.cost += b.cost
		}
		s.spent = append([]batch{all}, s.spent[len(old):]...)
	}
	s.news = false
	_, err := s.file.WriteAt(encode(s.spent), 0)
	return err
}

// giveBack gives the lock back of a request that waits.
func (s *shared) giveBack() error {
	if s.news {
		return s.save()
	}
	s.close()
	return nil
}

func (s *shared) close() {
	if s.file != nil {
		_ = s.file.Close() // what was written is the system's
		s.file = nil
	}
	_ = s.lock.Unlock() // a process that ends gives it back, too
}

// settle takes note of what a request cost more than was reserved: the file has it
// once it is locked again.
func (s *shared) settle(more sources.Cost, started time.Time) {
	s.owed = append(s.owed, debt{more, started})
}

// lose says that the file cannot be used: from now on the limit is this process's own.
func (s *shared) lose(err error) {
	s.log.Warn("the file of a shared rate_limit cannot be used: from now on this process keeps to the limit by itself, and others are not counted",
		"file", s.path, "why", err.Error())
}

func encode(spent []batch) []byte {
	text := make([]byte, 0, page)
	text = append(text, magic...)
	text = binary.LittleEndian.AppendUint32(text, version)
	text = append(text, 0, 0, 0, 0)
	text = binary.LittleEndian.AppendUint32(text, uint32(len(spent)))
	for _, b := range spent {
		for _, n := range [...]int64{b.first.UnixNano(), b.last.UnixNano(), int64(b.cost)} {
			text = binary.LittleEndian.AppendUint64(text, uint64(n))
		}
	}
	at := len(magic) + 4
	binary.LittleEndian.PutUint32(text[at:], crc32.Checksum(text[at+4:], castagnoli))
	return text
}

// decode reads what encode wrote. A file that is empty is new.
func decode(text []byte) ([]batch, error) {
	if len(text) == 0 {
		return nil, nil
	}
	if len(text) < headBytes || string(text[:len(magic)]) != magic {
		return nil, errors.New("it is no file of a rate_limit")
	}
	at := len(magic)
	if v := binary.LittleEndian.Uint32(text[at:]); v != version {
		return nil, fmt.Errorf("it is of version %d, and this program knows %d", v, version)
	}
	sum, n := binary.LittleEndian.Uint32(text[at+4:]), int(binary.LittleEndian.Uint32(text[at+8:]))
	if n > mostBatch || len(text) < headBytes+24*n {
		return nil, fmt.Errorf("it is cut short: %w", fs.ErrInvalid)
	}
	if crc32.Checksum(text[at+8:headBytes+24*n], castagnoli) != sum {
		return nil, errors.New("its checksum is wrong")
	}
	spent := make([]batch, n)
	for i := range spent {
		row := text[headBytes+24*i:]
		number := func(k int) int64 { return int64(binary.LittleEndian.Uint64(row[8*k:])) }
		spent[i] = batch{time.Unix(0, number(0)), time.Unix(0, number(1)), sources.Cost(number(2))}
	}
	return spent, nil
}

package journal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/tap-rest/tap-rest/state/journal/disk"
)

// MaxFailed is how much of the body of a failed exchange is kept, in bytes.
const MaxFailed = 1 << 20

const (
	failedSuffix  = ".failed"
	failingSuffix = ".failing" // of one that is being written
)

// Failure is an exchange that failed for good, for people to look at. It is
// never served to a walk.
type Failure struct {
	Exchange        // Status 0: no answer came; LeftOut: what is behind the end of Body
	Stream   string // whose it is
	Why      string // what was wrong, redacted by the caller
}

// Failures are the failed exchanges in a journal's folder, a file for each
// stream. It is safe for concurrent use.
type Failures struct {
	dir string
	fs  disk.FS

	mu     sync.Mutex
	passes map[string]string // by the names of the files
}

// Fail keeps a failure in the place of the last one of its stream, until its
// pass is dropped and Prune is called. A body over MaxFailed must be cut.
func (j *Journal) Fail(f *Failure) error {
	j.packer.mu.Lock()
	defer j.packer.mu.Unlock()
	body, of := j.packer.pack(f.Body, f.Header)
	s := &segment{}
	_, _ = rand.Read(s.tag[:]) // never fails
	frame := appendFailure(f, of)
	seal(frame, kindFailed, body)
	copy(frame, s.tag[:])
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	err := j.store.writable()
	j.mu.Unlock()
	if err == nil {
		err = j.Failures.keep(f, slices.Concat(s.header(), frame, body))
	}
	if err != nil {
		return fmt.Errorf("keep the failed %v: %w", f.Key, disk.Classify(err))
	}
	return nil
}

// keep writes a failure's file.
func (all *Failures) keep(f *Failure, data []byte) error {
	name := failedName(f.Stream)
	if err := all.replace(name, data); err != nil {
		return err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	all.passes[name] = f.Pass
	return nil
}

// failedName is the name of the file of a stream.
func failedName(stream string) string {
	sum := sha256.Sum256([]byte(stream))
	return hex.EncodeToString(sum[:16]) + failedSuffix
}

// appendFailure makes a frame without its body, to be sealed.
func appendFailure(f *Failure, of form) []byte {
	b := appendExchange(nil, &f.Exchange, false, of)
	head := appendText(appendText(appendInt(nil, int(f.LeftOut)), f.Stream), f.Why)
	return slices.Insert(b, preludeSize, head...)
}

// replace writes a file of the folder whole: a crash leaves the old or the new
// one.
func (all *Failures) replace(name string, data []byte) error {
	temp := filepath.Join(all.dir, strings.TrimSuffix(name, failedSuffix)+failingSuffix)
	f, err := all.fs.Create(temp)
	if err != nil {
		return err
	}
	err = writeAll(f, data, 0)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = all.fs.Rename(temp, filepath.Join(all.dir, name))
	}
	if err != nil {
		return errors.Join(err, all.fs.Remove(temp))
	}
	return all.fs.SyncDir(all.dir)
}

// All returns the last failure of each stream that can be read, in the order of
// time.
func (all *Failures) All() (read []*Failure) {
	all.mu.Lock()
	names := slices.Collect(maps.Keys(all.passes))
	all.mu.Unlock()
	for _, name := range names {
		if f, err := all.read(name); err == nil {
			read = append(read, f)
		}
	}
	slices.SortFunc(read, func(a, b *Failure) int { return a.At.Compare(b.At) })
	return read
}

// load finds the failures among the names in the folder. What is damaged is
// deleted by the next Prune.
func (all *Failures) load(names []string) {
	for _, name := range names {
		if !strings.HasSuffix(name, failedSuffix) {
			continue
		}
		all.passes[name] = ""
		if f, err := all.read(name); err == nil {
			all.passes[name] = f.Pass
		}
	}
}

// prune deletes the failures of passes that are not kept. It reports whether it
// deleted any.
func (all *Failures) prune(kept func(pass string) bool) (deleted bool, err error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for name, pass := range all.passes {
		if kept(pass) {
			continue
		}
		if err := all.fs.Remove(filepath.Join(all.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return deleted, fmt.Errorf("delete a failed exchange: %w", disk.Classify(err))
		}
		delete(all.passes, name)
		deleted = true
	}
	return deleted, nil
}

func (all *Failures) read(name string) (*Failure, error) {
	file, err := all.fs.Open(filepath.Join(all.dir, name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	size, err := file.Size()
	if err != nil {
		return nil, err
	}
	const least, most = headerSize + preludeSize, headerSize + preludeSize + maxHead + MaxWhole
	if size < least || size > most {
		return nil, errDamaged
	}
	b := make([]byte, size)
	if err := readAll(file, b, 0); err != nil {
		return nil, err
	}
	return parseFailure(b)
}

// parseFailure reads a file.
func parseFailure(b []byte) (*Failure, error) {
	var s segment
	if s.readHeader(b[:headerSize]) != headerGood {
		return nil, errDamaged
	}
	frame := b[headerSize:]
	fixed := parsePrelude(frame)
	end := preludeSize + int64(fixed.head)
	if fixed.kind != kindFailed || end > int64(len(frame)) || int64(fixed.body) != int64(len(frame))-end {
		return nil, errDamaged
	}
	body := frame[end:]
	if !headWhole(frame[:end]) || checksum(body) != fixed.bodySum {
		return nil, errDamaged
	}
	d := decoder{b: frame[preludeSize:end]}
	leftOut, stream, why := d.int(), d.text(), d.text()
	e, of, ok := readExchange(d.b, int64(len(body)))
	if d.bad || !ok || of.size > MaxWhole {
		return nil, errDamaged
	}
	f := &Failure{*e, stream, why}
	f.LeftOut = int64(leftOut)
	var err error
	f.Body, err = newUnpacker().unpack(nil, body, of)
	return f, err
}

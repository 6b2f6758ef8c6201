package journal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

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

// Fail keeps a failure in the place of the last one of its stream, until its
// pass is dropped and Prune is called. A body over MaxFailed must be cut.
func (j *Journal) Fail(f *Failure) error {
	j.packer.mu.Lock()
	defer j.packer.mu.Unlock()
	body, of := j.packer.pack(f.Body, f.Header)
	s := &segment{}
	_, _ = rand.Read(s.mark[:]) // never fails
	frame := appendFailure(f, of)
	seal(frame, kindFailed, body)
	copy(frame, s.mark[:])
	j.syncing.Lock()
	defer j.syncing.Unlock()
	name := failedName(f.Stream)
	if err := j.replace(name, slices.Concat(s.header(), frame, body)); err != nil {
		return fmt.Errorf("keep the failed %v: %w", f.Key, disk.Classify(err))
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.failures[name] = f.Pass
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
// one. It is called with syncing held.
func (j *Journal) replace(name string, data []byte) error {
	j.mu.Lock()
	err := j.writable()
	j.mu.Unlock()
	if err != nil {
		return err
	}
	temp := filepath.Join(j.dir, strings.TrimSuffix(name, failedSuffix)+failingSuffix)
	f, err := j.fs.Create(temp)
	if err != nil {
		return err
	}
	err = writeAll(f, data, 0)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = j.fs.Rename(temp, filepath.Join(j.dir, name))
	}
	if err != nil {
		return errors.Join(err, j.fs.Remove(temp))
	}
	return j.fs.SyncDir(j.dir)
}

// Failures returns the last failure of each stream that can be read, in the
// order of time.
func (j *Journal) Failures() []*Failure {
	j.mu.Lock()
	names := make([]string, 0, len(j.failures))
	for name := range j.failures {
		names = append(names, name)
	}
	j.mu.Unlock()
	var all []*Failure
	for _, name := range names {
		if f, err := j.readFailure(name); err == nil {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b *Failure) int { return a.At.Compare(b.At) })
	return all
}

// loadFailures finds the failures in the folder. What is damaged is deleted by
// the next Prune.
func (j *Journal) loadFailures(names []string) {
	for _, name := range names {
		if !strings.HasSuffix(name, failedSuffix) {
			continue
		}
		j.failures[name] = ""
		if f, err := j.readFailure(name); err == nil {
			j.failures[name] = f.Pass
		}
	}
}

// pruneFailures deletes the failures of passes that are not served. It is called
// with syncing and mu held.
func (j *Journal) pruneFailures(all bool) error {
	for name, id := range j.failures {
		if p := j.index.passes[id]; !all && p != nil && p.live() {
			continue
		}
		if err := j.fs.Remove(filepath.Join(j.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("delete a failed exchange: %w", disk.Classify(err))
		}
		delete(j.failures, name)
		j.newNames = true
	}
	return nil
}

func (j *Journal) readFailure(name string) (*Failure, error) {
	file, err := j.fs.Open(filepath.Join(j.dir, name))
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

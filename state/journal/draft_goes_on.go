package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/tap-rest/tap-rest/state/journal/disk"
)

// partSuffix is that of drafts with which a later run may go on.
const partSuffix = ".part"

// partMagic ends what is known of such a draft, and that ends the room before the body:
// the head of the segment that the draft becomes is written before it.
const partMagic = "tap-rest part 2\n"

// Began is what is known of an answer that broke off.
type Began struct {
	Key    Key         `json:"key"`
	Digest [16]byte    `json:"digest"` // of the request
	Header http.Header `json:"header"` // of the answer, as far as it speaks of the body
	Boot   string      `json:"boot"`   // of the machine: what was written since is on disk though nobody synced it
}

// partName is the file of a draft by the place of its exchange.
func partName(k Key) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s%d:%s%d.%d", len(k.Pass), k.Pass, len(k.Partition), k.Partition, k.Generation, k.N))
	return hex.EncodeToString(sum[:16]) + partSuffix
}

// Part begins the body of an answer with which a later run may go on, where this one
// breaks off. It is kept as it comes.
func Part(j *Journal, b *Began) (*Draft, error) {
	b.Boot = disk.Boot()
	began, err := b.text()
	if err != nil || b.Boot == "" {
		return j.Draft(b.Header)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.store.writable(); err != nil {
		return nil, err
	}
	name := filepath.Join(j.store.dir, partName(b.Key))
	if err := j.store.fs.Remove(name); err != nil && !errors.Is(disk.Classify(err), ErrGone) {
		return nil, fmt.Errorf("delete the beginning of an answer in the journal: %w", disk.Classify(err))
	}
	f, err := j.store.fs.Create(name)
	if err == nil {
		err = writeAll(f, began, draftRoom-int64(len(began)))
	}
	if err != nil {
		return nil, fmt.Errorf("make a draft in the journal: %w", disk.Classify(err))
	}
	return &Draft{journal: j, name: name, file: f, stored: storedWriter{file: f}, began: began}, nil
}

// text is what stands before the body: JSON, its checksum and length, and the magic.
func (b *Began) text() ([]byte, error) {
	text, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	text = binary.LittleEndian.AppendUint32(text, checksum(text))
	text = binary.LittleEndian.AppendUint32(text, uint32(len(text)-4))
	text = append(text, partMagic...)
	if len(text) > draftRoom/2 { // the rest is for the head of the segment
		return nil, ErrLongHead
	}
	return text, nil
}

// readBegan reads it back, and its text; nil where it is not whole.
func readBegan(f disk.File) (*Began, []byte) {
	const fixed = 8 + len(partMagic)
	size, err := f.Size()
	room := make([]byte, draftRoom)
	if err != nil || size < draftRoom {
		return nil, nil
	}
	if err := readAll(f, room, 0); err != nil || !bytes.HasSuffix(room, []byte(partMagic)) {
		return nil, nil
	}
	sums := room[draftRoom-fixed:]
	n := int64(binary.LittleEndian.Uint32(sums[4:]))
	if n > draftRoom-int64(fixed) {
		return nil, nil
	}
	began := room[draftRoom-int64(fixed)-n:]
	b := new(Began)
	if checksum(began[:n]) != binary.LittleEndian.Uint32(sums) || json.Unmarshal(began[:n], b) != nil {
		return nil, nil
	}
	return b, began
}

// GoOn returns what an earlier run left of the answer to a request, and how long that
// is; nil where there is nothing that can be gone on with.
func GoOn(j *Journal, k Key, digest [16]byte) (*Draft, *Began, int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.store.writable() != nil {
		return nil, nil, 0
	}
	name := filepath.Join(j.store.dir, partName(k))
	f, err := j.store.fs.Reopen(name)
	if err != nil {
		return nil, nil, 0
	}
	b, began := readBegan(f)
	d := &Draft{journal: j, name: name, file: f, stored: storedWriter{file: f}, began: began}
	if b == nil || b.Key != k || b.Digest != digest || b.Boot != disk.Boot() || d.readBack() != nil {
		d.Discard()
		return nil, nil, 0
	}
	return d, b, d.stored.size
}

// readBack finds out what is in a draft.
func (d *Draft) readBack() error {
	size, err := d.file.Size()
	if err != nil {
		return err
	}
	in := io.NewSectionReader(d.file, draftRoom, size-draftRoom)
	for buf := make([]byte, 256<<10); ; {
		n, err := in.Read(buf)
		d.stored.size, d.stored.sum = d.stored.size+int64(n), update(d.stored.sum, buf[:n])
		if errors.Is(err, io.EOF) {
			d.form.size = d.stored.size
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Lasts reports whether a later run may go on with the draft, as long as it is not kept.
func (d *Draft) Lasts() bool { return d.began != nil }

// Leave closes a draft that broke off, and keeps it for the next run where that may go
// on with it. Again, and after it was kept or discarded, it does nothing.
func (d *Draft) Leave() {
	if !d.Lasts() || d.file == nil {
		d.Discard()
		return
	}
	_ = d.file.Close() // what is not on disk is asked for again
	d.file = nil
}

// removeParts deletes what runs left of answers that no run will go on with: those of
// passes that are over.
func (l *loader) removeParts(names []string) {
	for _, name := range names {
		if l.store.readOnly || !strings.HasSuffix(name, partSuffix) {
			continue
		}
		if name = filepath.Join(l.store.dir, name); !l.goesOn(name) {
			l.removeBeginning(name)
		}
	}
}

func (l *loader) goesOn(name string) bool {
	f, err := l.store.fs.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	b, _ := readBegan(f)
	if b == nil {
		return false
	}
	p := l.ledger.index.passes[b.Key.Pass]
	if p == nil || !p.live() {
		return false
	}
	p.part = true
	return true
}

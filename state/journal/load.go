package journal

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/state/journal/disk"
)

const newer = "written by a newer program: use that one, or delete the folder to fetch everything again"

// load reads every segment into the index.
func load(j *Journal) error {
	l := loader{store: j.store, ledger: j.ledger}
	defer func() { j.Warnings = l.warnings }()
	names, err := l.store.fs.ReadDir(l.store.dir)
	if err != nil {
		return fmt.Errorf("list the journal %s: %w", l.store.dir, disk.Classify(err))
	}
	var numbers []uint32
	for _, name := range names {
		if n, ok := segmentNumber(name); ok {
			numbers = append(numbers, n)
		}
	}
	l.removeDrafts(names)
	j.Failures.load(names)
	slices.Sort(numbers)
	for i, n := range numbers {
		if err := l.segment(n, i == len(numbers)-1); err != nil {
			return err
		}
		l.store.next = n + 1
	}
	l.closeGaps()
	l.removeParts(names)
	return nil
}

// loader is what one opening of the journal needs.
type loader struct {
	store         *store
	ledger        *ledger
	warnings      []string
	mem           []byte // for the scanners
	unknownDamage bool   // frames are damaged that could be of any partition
	// damages are what is damaged since the last whole frame: at the end of the
	// last segment a run was stopped while it wrote them.
	damages []span
}

// segment reads a segment into the index, and cuts its end where it is the last
// one and not whole.
func (l *loader) segment(number uint32, last bool) error {
	s := &segment{number: number}
	f, err := l.store.fs.Open(l.store.path(number))
	if err != nil {
		return l.unreadable(s, err)
	}
	defer f.Close()
	if s.size, err = f.Size(); err != nil {
		return l.unreadable(s, err)
	}
	header, err := l.readHeader(s, f)
	if err != nil {
		return err
	}
	end, err := l.frames(s, f)
	var later *Error
	switch {
	case errors.As(err, &later):
		return err
	case err != nil:
		l.unknownDamage, s.unreadable = true, true
		l.warn(s, "the rest of this segment of the journal cannot be read: the API is asked again for what it had: %v", err)
	case end == 0 && header == headerDamaged && s.size > headerSize:
		l.unknownDamage = true
		l.warn(s, "nothing in this segment of the journal is readable: it is not used, and the API is asked again for what it had")
	case last && end < s.size:
		return l.cut(s, end)
	}
	l.applyDamages(s)
	l.add(s)
	return nil
}

func (l *loader) add(s *segment) {
	l.store.segments = append(l.store.segments, s)
	l.store.size += s.size
}

func (l *loader) warn(s *segment, format string, a ...any) {
	l.warnings = append(l.warnings, l.store.path(s.number)+": "+fmt.Sprintf(format, a...))
}

// unreadable takes note of a segment that cannot be read and is not used. One that
// is gone was deleted by a run that writes while this one reads.
func (l *loader) unreadable(s *segment, err error) error {
	if errors.Is(disk.Classify(err), ErrGone) && l.store.readOnly {
		return nil
	}
	l.unknownDamage, s.unreadable = true, true
	l.warn(s, "this segment of the journal cannot be read: it is not used, and the API is asked again for what it has: %v", err)
	l.add(s)
	return nil
}

// readHeader takes the tag from the header of a segment or, where the header is
// damaged, from the first frame: the frames that have the tag are checked all the
// same.
func (l *loader) readHeader(s *segment, f disk.File) (headerState, error) {
	b := make([]byte, headerSize+tagSize)
	n := min(s.size, int64(len(b)))
	if err := readAll(f, b[:n], 0); err != nil || n < headerSize {
		return headerDamaged, nil
	}
	state := s.readHeader(b[:headerSize])
	switch state {
	case headerNewer:
		return state, &Error{File: l.store.path(s.number), Msg: newer}
	case headerDamaged:
		copy(s.tag[:], b[headerSize:])
	case headerGood:
		l.checkBefore(s)
	}
	return state, nil
}

// checkBefore compares the segment before with what this one says of it.
func (l *loader) checkBefore(s *segment) {
	if len(l.store.segments) == 0 {
		return
	}
	if b := l.store.segments[len(l.store.segments)-1]; b.number == s.before.segment && b.size < s.before.offset {
		l.unknownDamage = true
		l.warn(b, "the last %d bytes of this segment of the journal are gone: the API is asked again for what they had", s.before.offset-b.size)
	}
}

// frames applies the frames of a segment, and returns the end of the last whole
// one: 0 if there is none.
func (l *loader) frames(s *segment, f disk.File) (end int64, err error) {
	l.damages = l.damages[:0]
	sc := scanner{file: f, size: s.size, segment: s.number, tag: s.tag, mem: l.mem, off: headerSize, bodies: isPass}
	defer func() { l.mem = sc.mem }()
	for {
		it, err := sc.next()
		if err == io.EOF {
			return end, nil
		}
		if err != nil {
			return end, err
		}
		if !it.whole {
			if it.kind == kindExchange {
				it.head = slices.Clone(it.head)
			}
			l.damages = append(l.damages, it)
			continue
		}
		if !it.kind.known() {
			return end, &Error{l.store.path(s.number), it.place.offset, fmt.Sprintf("a frame of type %d, %s", it.kind, newer), nil}
		}
		l.applyDamages(s)
		l.apply(it)
		end = it.place.end()
	}
}

// isPass reports whether the index needs the body of a frame: that of a pass.
func isPass(k kind, _ int64) bool { return k == kindPass }

// apply brings a whole frame into the index.
func (l *loader) apply(it span) {
	segment := it.place.segment
	d := decoder{b: it.head}
	switch it.kind {
	case kindPass:
		if p, ordinal, ok := readPass(it.head, it.body); ok {
			l.ledger.index.begin(p, ordinal, segment)
		}
	case kindFinish:
		l.ledger.index.finish(d.text(), segment)
	case kindDrop:
		l.ledger.index.drop(d.text(), segment)
	default:
		l.applyToPartition(it, &d)
	}
}

// applyToPartition applies a frame about a partition.
func (l *loader) applyToPartition(it span, d *decoder) {
	segment := it.place.segment
	k := d.key()
	if d.bad {
		return
	}
	p := l.passOf(k, segment)
	r := p.partition(l.partitionName(p, k), k.generation, segment)
	if r == nil {
		return
	}
	switch it.kind {
	case kindExchange:
		anew, digest, at := d.int() == 1, d.digest(), d.time()
		if d.bad {
			return
		}
		p.happened(at)
		_, there := r.lookup(k.n)
		r.put(k.n, entry{it.place, digest}, anew || there && l.unknownDamage)
	case kindStart:
		if through := d.through(); !d.bad {
			r.startAt(k.n, through)
			r.started = true
		}
	default:
		r.mark(it.kind, k.n)
	}
}

// passOf and partitionName find what a key names without making texts of it anew.
func (l *loader) passOf(k headKey, segment uint32) *pass {
	if p := l.ledger.index.passes[string(k.pass)]; p != nil {
		p.segs = addSegment(p.segs, segment)
		return p
	}
	return l.ledger.index.pass(string(k.pass), segment)
}

func (l *loader) partitionName(p *pass, k headKey) string {
	if r := partitionNamed(&p.partitions, k.partition); r != nil {
		return r.name
	}
	return string(k.partition)
}

// applyDamages ends partitions before their damaged exchanges.
func (l *loader) applyDamages(s *segment) {
	if len(l.damages) == 0 {
		return
	}
	l.warn(s, "this segment of the journal has damaged frames, %d in all, the first at byte %d: the API is asked again for the answers that are missing", len(l.damages), l.damages[0].place.offset)
	for _, it := range l.damages {
		l.applyDamage(it)
	}
	l.damages = l.damages[:0]
}

func (l *loader) applyDamage(it span) {
	// Marks are written twice: the other copy is applied.
	if it.kind == 0 {
		l.unknownDamage = true
	}
	if it.kind != kindExchange {
		return
	}
	d := decoder{b: it.head}
	k := d.key()
	if d.bad {
		return
	}
	p := l.passOf(k, it.place.segment)
	if r := p.partition(l.partitionName(p, k), k.generation, it.place.segment); r != nil {
		r.reject(k.n)
		if r.damaged < 0 {
			r.damaged = k.n
		}
	}
}

// closeGaps forgets what lies behind a damaged exchange. That is written before
// any other frame, so that it is not taken for what follows the replacement.
func (l *loader) closeGaps() {
	for id, p := range l.ledger.index.passes {
		if !p.live() {
			continue
		}
		p.partitions.change(func(r *partition) (forget bool) {
			n, ok := r.gap()
			if !ok || !l.unknownDamage && r.damaged < 0 {
				return false
			}
			r.reject(n)
			if !l.store.readOnly {
				l.ledger.pendingRejects = append(l.ledger.pendingRejects, Key{id, r.name, r.generation, n})
			}
			return false
		})
	}
}

// cut takes what is not whole off the end of the last segment, and deletes a
// segment in which nothing is whole.
func (l *loader) cut(s *segment, end int64) error {
	l.damages = l.damages[:0]
	torn := s.size - end
	s.size = end
	if l.store.readOnly {
		l.add(s)
		return nil
	}
	name := l.store.path(s.number)
	if end == 0 {
		if err := l.store.fs.Remove(name); err != nil {
			return fmt.Errorf("delete the empty segment %s: %w", name, disk.Classify(err))
		}
		return nil
	}
	if err := l.store.fs.Truncate(name, end); err != nil {
		return fmt.Errorf("cut off the end of %s, which is not whole: %w", name, disk.Classify(err))
	}
	l.warn(s, "the last %d bytes of this segment of the journal are cut off: a run was stopped while it wrote them", torn)
	l.add(s)
	return nil
}

// removeDrafts deletes the bodies that an earlier run began and did not keep.
func (l *loader) removeDrafts(names []string) {
	for _, name := range names {
		if l.store.readOnly || !strings.HasSuffix(name, draftSuffix) && !strings.HasSuffix(name, failingSuffix) {
			continue
		}
		l.removeBeginning(filepath.Join(l.store.dir, name))
	}
}

// removeBeginning deletes what an earlier run left of an answer.
func (l *loader) removeBeginning(name string) {
	if err := l.store.fs.Remove(name); err != nil {
		l.warnings = append(l.warnings, fmt.Sprintf("%s: the beginning of an answer, which an earlier run left in the journal, cannot be deleted: %v", name, err))
	}
}

package journal

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// Append records an exchange of a pass that began, and of the current
// generation of its partition. It may come before those with lower numbers: it
// is served once they are there. One that is recorded already is replaced, and
// with it everything behind it. The body is not kept.
//
// After an error the exchange is not recorded, and the journal is as before;
// with ErrFull a later try may succeed, with ErrFailed none will.
func (j *Journal) Append(e *Exchange) (Place, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	place, err := j.append(e)
	if err != nil {
		return Place{}, fmt.Errorf("record %v: %w", e.Key, err)
	}
	return place, nil
}

func (j *Journal) append(e *Exchange) (Place, error) {
	p, err := j.passFor(e)
	if err != nil {
		return Place{}, err
	}
	anew := p.runs[e.Partition].anew(e.N)
	// Room for the body behind it, where one write does for both.
	j.scratch = slices.Grow(appendExchange(j.scratch, e, anew), joined)
	if len(j.scratch) > maxHead {
		return Place{}, fmt.Errorf("request and headers have %d bytes, more than %d", len(j.scratch), maxHead)
	}
	place, err := j.write(j.scratch, e.Body)
	if err != nil {
		return Place{}, err
	}
	p.put(e, place, anew)
	return place, nil
}

// passFor returns the pass of an exchange that may be recorded.
func (j *Journal) passFor(e *Exchange) (*pass, error) {
	p, err := j.use(e.Pass)
	if err != nil {
		return nil, err
	}
	if now := j.generation(p, e.Partition); e.Generation != now {
		return nil, fmt.Errorf("the partition is in generation %d", now)
	}
	if e.N < 0 || e.N > maxCount {
		return nil, errors.New("no such number")
	}
	return p, nil
}

// put notes where an exchange lies.
func (p *pass) put(e *Exchange, place Place, anew bool) {
	p.segs = note(p.segs, place.segment)
	p.seen(e.At)
	p.run(e.Partition, e.Generation, place.segment).put(e.N, entry{place, e.Digest}, anew)
}

func (j *Journal) generation(p *pass, partition string) int {
	if r := p.runs[partition]; r != nil {
		return r.generation
	}
	return 0
}

// Generation is the current one of a partition: 0, and one more for each
// restart.
func (j *Journal) Generation(pass, partition string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	p := j.index.passes[pass]
	if p == nil {
		return 0
	}
	return j.generation(p, partition)
}

// Restart opens a new generation of a partition: what was recorded of it is
// never served again.
func (j *Journal) Restart(pass, partition string) (generation int, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	p, err := j.use(pass)
	if err != nil {
		return 0, err
	}
	key := Key{pass, partition, j.generation(p, partition) + 1, 0}
	if err := j.markRun(p, kindRestart, key); err != nil {
		return 0, fmt.Errorf("record the restart of partition %s: %w", partition, err)
	}
	return key.Generation, nil
}

// Reject says of an exchange that it is not what it should be: neither it nor
// what lies behind it in its partition is served again. In an older generation
// nothing is.
func (j *Journal) Reject(k Key) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	p, err := j.use(k.Pass)
	if err != nil {
		return err
	}
	if k.Generation != j.generation(p, k.Partition) {
		return nil
	}
	if err := j.markRun(p, kindReject, k); err != nil {
		return fmt.Errorf("reject %v: %w", k, err)
	}
	return nil
}

// Skip says that exchanges before k are not recorded, since a state has what
// came of them: what is served of the partition begins at k. What it had is
// forgotten.
func (j *Journal) Skip(k Key) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	p, err := j.use(k.Pass)
	if err != nil {
		return err
	}
	if now := j.generation(p, k.Partition); k.Generation != now {
		return fmt.Errorf("skip to %v: the partition is in generation %d", k, now)
	}
	if err := j.keep(p, k, maxCount); err != nil {
		return fmt.Errorf("skip to %v: %w", k, err)
	}
	return nil
}

// keep writes that of a partition only exchanges from k on are kept, and none in
// segments up to through, and applies it.
func (j *Journal) keep(p *pass, k Key, through uint32) error {
	segment, err := j.writeMark(runFrame(kindKept, k, through), nil)
	if err != nil {
		return err
	}
	p.segs = note(p.segs, segment)
	r := p.run(k.Partition, k.Generation, segment)
	r.keep(k.N, through)
	r.kept = true
	return nil
}

// markRun writes a restart or a rejection, and applies it.
func (j *Journal) markRun(p *pass, k kind, key Key) error {
	segment, err := j.writeMark(runFrame(k, key, 0), nil)
	if err != nil {
		return err
	}
	p.segs = note(p.segs, segment)
	p.run(key.Partition, key.Generation, segment).mark(k, key.N)
	return nil
}

// mark applies a restart or a rejection.
func (r *run) mark(k kind, n int) {
	if k == kindReject {
		r.reject(n)
		return
	}
	r.restart(r.generation, 0)
}

// Lookup finds an exchange and the digest of its request. It is there only in
// the current generation, and only where none is missing before it.
func (j *Journal) Lookup(k Key) (p Place, digest [16]byte, ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	of := j.index.passes[k.Pass]
	if of == nil || !of.live() {
		return Place{}, digest, false
	}
	r := of.runs[k.Partition]
	if r == nil || r.generation != k.Generation {
		return Place{}, digest, false
	}
	e, ok := r.lookup(k.N)
	if ok {
		of.touched = true
	}
	return e.place, e.digest, ok
}

// Emitted says that an exchange has left, with the state that covers it, and so
// have those before it in its partition: Prune may delete them. It holds for
// this run; of a pass that goes on, say it of what the state covers.
func (j *Journal) Emitted(k Key) {
	j.mu.Lock()
	defer j.mu.Unlock()
	p := j.index.passes[k.Pass]
	if p == nil || p.runs[k.Partition] == nil {
		return
	}
	if r := p.runs[k.Partition]; r.generation == k.Generation {
		r.left = max(r.left, k.N)
	}
}

// Read reads an exchange. Its body lies in buf, which is grown as needed: hand
// it over again as buf[:0] for the next. What is damaged is an *Error; neither
// it nor what lies behind it in its partition is served any more.
func (j *Journal) Read(p Place, buf []byte) (*Exchange, error) {
	e, body, err := j.Stream(p)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	e.Body = slices.Grow(buf[:0], int(p.body))[:p.body]
	if _, err := io.ReadFull(body, e.Body); err != nil {
		return nil, err
	}
	// What is damaged shows at the end.
	if _, err := body.Read(nil); err != io.EOF {
		return nil, err
	}
	return e, nil
}

// Stream reads an exchange without its body, and opens that to be read. Its
// errors, and those of the body, are as Read's: what is damaged shows by the
// end of the body at the latest. The body is to be closed.
func (j *Journal) Stream(p Place) (*Exchange, io.ReadCloser, error) {
	f, err := j.fs.Open(j.path(p.segment))
	if err != nil {
		return nil, nil, j.lost(p, classify(err))
	}
	e, fixed, err := readHead(f, p)
	if err != nil {
		_ = f.Close() // it was only read
		return nil, nil, j.lost(p, err)
	}
	return e, &bodyReader{j: j, place: p, file: f, want: fixed.bodySum}, nil
}

// lost says that an exchange cannot be read, and sees to it that it is not
// served any more.
func (j *Journal) lost(p Place, err error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.forget(p, errors.Is(err, errDamaged))
	return &Error{j.path(p.segment), p.offset, "the exchange cannot be read", err}
}

// errDamaged is the cause of an Error where bytes are not what was written.
var errDamaged = errors.New("damaged")

func readHead(f File, p Place) (*Exchange, prelude, error) {
	b := make([]byte, p.head)
	if err := readAll(f, b, p.offset); err != nil {
		return nil, prelude{}, err
	}
	fixed := parsePrelude(b)
	if !headWhole(b) || fixed.kind != kindExchange || fixed.body != uint64(p.body) {
		return nil, fixed, errDamaged
	}
	e, ok := readExchange(b[preludeSize:])
	if !ok {
		return nil, fixed, errDamaged
	}
	return e, fixed, nil
}

// bodyReader reads the body of an exchange and checks it at its end.
type bodyReader struct {
	j     *Journal
	place Place
	file  File
	done  int64 // bytes read
	sum   uint32
	want  uint32
}

func (r *bodyReader) Read(b []byte) (int, error) {
	left := r.place.body - r.done
	if left == 0 {
		if r.sum != r.want {
			return 0, r.j.lost(r.place, errDamaged)
		}
		return 0, io.EOF
	}
	b = b[:min(int64(len(b)), left)]
	if err := readAll(r.file, b, r.place.offset+int64(r.place.head)+r.done); err != nil {
		return 0, r.j.lost(r.place, err)
	}
	r.sum, r.done = update(r.sum, b), r.done+int64(len(b))
	return len(b), nil
}

func (r *bodyReader) Close() error { return r.file.Close() }

// forget ends a partition's run at the exchange that lies at a place. Damage is
// recorded before anything else is, so that what lies behind it is not taken
// for the successor of its replacement.
func (j *Journal) forget(place Place, damaged bool) {
	for id, p := range j.index.passes {
		for _, r := range p.runs {
			for n, e := range r.all {
				if e.place != place {
					continue
				}
				r.reject(n)
				if damaged && !j.readOnly {
					j.owed = append(j.owed, Key{id, r.partition, r.generation, n})
				}
				return
			}
		}
	}
}

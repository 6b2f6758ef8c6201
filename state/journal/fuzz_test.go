package journal

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"
)

// FuzzOpen opens a journal with strange segments: it opens or says why not, and
// everything that it serves can be read. With sum, the checksums are made right.
func FuzzOpen(f *testing.F) {
	fs := newMemFS()
	small(f, newModel(), fs)
	for _, name := range slices.Sorted(maps.Keys(fs.files)) {
		f.Add(fs.files[name].now, false)
		f.Add(fs.files[name].now, true)
	}
	f.Add([]byte{}, false)
	f.Add([]byte(magic), true)
	f.Fuzz(func(t *testing.T, b []byte, sum bool) {
		strange := fs.clone()
		b = slices.Clone(b)
		if sum {
			resumAll(b)
		}
		strange.files[filepath.Join(testDir, segmentName(2))] = &memData{now: b}
		strange.files[filepath.Join(testDir, segmentName(9))] = &memData{now: b}
		j, err := Open(testDir, Options{FS: strange, MaxBytes: 1})
		if err != nil {
			return
		}
		readAllOf(t, j, sum)
		for _, p := range j.Passes.All() {
			if _, err := j.Append(&Exchange{Key: Key{p.ID, "new", j.Generation(p.ID, "new"), 0}}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := j.Prune(noon); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// readAllOf reads every exchange that is served. One whose checksum was made
// right may have a head that makes no sense behind the key.
func readAllOf(t *testing.T, j *Journal, sum bool) {
	places := map[Place]Key{}
	for id, p := range j.ledger.index.passes {
		for r := range p.partitions.each {
			for n, e := range r.all {
				places[e.place] = Key{id, r.name, r.generation, n}
			}
		}
	}
	for place, k := range places {
		got, err := j.Read(place, nil)
		if err != nil && !sum || err == nil && got.Key != k {
			t.Fatalf("read %v: %+v, %v", k, got, err)
		}
	}
	if err := j.Each(func(*Exchange) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

// resumAll makes the checksums of a segment right, as far as frames can be told.
func resumAll(b []byte) {
	if len(b) < headerSize {
		return
	}
	resum(b, headerSize-4, b[:headerSize-4])
	for off := headerSize; off+preludeSize <= len(b); {
		fixed := parsePrelude(b[off:])
		head := off + preludeSize + int(fixed.head)
		if fixed.head > maxHead || head > len(b) || fixed.body > uint64(len(b)-head) {
			return
		}
		copy(b[off:], b[16:16+tagSize])
		end := head + int(fixed.body)
		resum(b, off+12, b[head:end])
		resum(b, off+8, b[off+12:head])
		off = end
	}
}

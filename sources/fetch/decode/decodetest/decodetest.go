// Package decodetest proves of each decoder of a body format what all of them promise
// (package file): a file that was cut is no whole one, wherever the cut is; a file
// with a byte changed is refused with a place or gives records that are JSON, in
// bounded memory; and records are the same however the file comes.
package decodetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/testshare"
)

// How much is read of a file with a byte changed, which may claim to have any number
// of records, and how much memory this may allocate.
const (
	mostRecords   = 1000
	mostText      = 1 << 20
	mostAllocated = 200 << 20
)

// Opener opens a file with the options of a test.
type Opener func(in file.File) (file.Records, error)

// Sample is a small file, which is whole.
type Sample struct {
	Name  string
	Bytes []byte
	// Whole says of a file that is cut after n bytes whether it is whole too; nil: it
	// is not, wherever the cut is.
	Whole func(n int) bool
	// Text is true of a format in which a cut can look like an end (CSV): the last
	// record of a file that was cut may be another one, and an error need not come.
	Text bool
	// Place says whether the error of a file that was cut after n bytes, behind so
	// many records, names the right place; nil: any place will do.
	Place func(e *file.Error, n, records int) bool
	// Summed says whether a sum proves byte n: changed, it reads as nothing else.
	// nil: no byte is proven.
	Summed func(n int) bool
}

// Suite runs all tests with each sample. Each byte of a sample of less than 100 bytes
// is changed to each other one, of a longer sample to five. Under -short it is changed
// to three, and of samples that are longer than 400 bytes every eleventh byte is.
func Suite(t *testing.T, open Opener, samples ...Sample) {
	for _, s := range samples {
		t.Run(s.Name, func(t *testing.T) {
			want, err := read(open, memory(s.Bytes))
			if err != nil || len(want) == 0 {
				t.Fatalf("the whole file has %d records, %v", len(want), err)
			}
			t.Run("small reads", func(t *testing.T) { s.smallReads(t, open, want) })
			t.Run("cut", func(t *testing.T) { s.cut(t, open, want) })
			t.Run("flipped", func(t *testing.T) { s.flip(t, open, want) })
		})
	}
}

// memory is a file in memory, which may be read at any place.
func memory(b []byte) file.File {
	in := bytes.NewReader(b)
	return file.NewSource(in, in, mostText)
}

// read returns the first records of a file, and the error that ends them.
func read(open Opener, in file.File) (records []string, err error) {
	r, err := open(in)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var dst []byte
	for text := 0; len(records) < mostRecords && text < mostText; text += len(dst) {
		if dst, err = r.Next(dst[:0]); err == io.EOF {
			return records, nil
		} else if err != nil {
			return records, err
		}
		records = append(records, string(dst))
	}
	return records, nil
}

// skips wants records that can be passed over to be as many as those that were read, and
// to end as they did.
func skips(t *testing.T, open Opener, b []byte, want []string, wantErr error) {
	t.Helper()
	r, err := open(memory(b))
	if err != nil {
		return // as reading them did
	}
	defer r.Close()
	s, ok := r.(file.Skipper)
	if !ok || len(want) >= mostRecords {
		return
	}
	var n, some int
	var text, all []byte
	for err == nil && len(all) < mostText {
		if some, text, err = s.Skip(); err == nil {
			n += some
			all = append(append(all, text...), '\n')
		}
	}
	switch {
	case err == nil: // as reading them, it was stopped
		return
	case err == io.EOF:
		err = nil
	}
	if n != len(want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
		t.Errorf("passed over %d records, %v; want %d, %v", n, err, len(want), wantErr)
	}
}

// smallReads reads the file in pieces, from a reader that knows no places.
func (s Sample) smallReads(t *testing.T, open Opener, want []string) {
	for name, pieces := range map[string]func(io.Reader) io.Reader{
		"one byte": iotest.OneByteReader, "half": iotest.HalfReader, "data with EOF": iotest.DataErrReader,
	} {
		in := file.NewSource(pieces(bytes.NewReader(s.Bytes)), nil, mostText)
		got, err := read(open, in)
		in.Close()
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, got %q, want %q", name, err, got, want)
		}
	}
}

// raceStep is how many places in a file the next one is away that is tried: under
// the race detector each takes ten times as long.
func raceStep(step int) int {
	if testshare.Race {
		return step * 5
	}
	return step
}

// cut ends the file after every byte.
func (s Sample) cut(t *testing.T, open Opener, want []string) {
	for n := 0; n < len(s.Bytes); n += raceStep(1) {
		got, err := read(open, memory(s.Bytes[:n]))
		skips(t, open, s.Bytes[:n], got, err)
		same := got
		if s.Text {
			same = got[:max(0, len(got)-1)]
		}
		if len(got) > len(want) || !slices.Equal(same, want[:len(same)]) {
			t.Errorf("cut after %d bytes: got %q, want a beginning of %q", n, got, want)
		}
		var e *file.Error
		switch whole := s.Whole != nil && s.Whole(n); {
		case s.Text:
			if err != nil && !errors.As(err, &e) {
				t.Errorf("cut after %d bytes: got %v, want a *file.Error", n, err)
			}
			proper(t, n, got)
		case whole && err != nil:
			t.Errorf("whole after %d bytes: got %v", n, err)
		case !whole && (!errors.Is(err, io.ErrUnexpectedEOF) || !errors.As(err, &e)):
			t.Errorf("cut after %d bytes: got %v, want a *file.Error of io.ErrUnexpectedEOF", n, err)
		case !whole && s.Place != nil && !s.Place(e, n, len(got)):
			t.Errorf("cut after %d bytes, behind %d records: the place is wrong: %v", n, len(got), err)
		}
	}
}

// flip changes every byte.
func (s Sample) flip(t *testing.T, open Opener, want []string) {
	step, masks := raceStep(1), []byte{0x01, 0x80, 0xff, 0x20, 0x81}
	switch {
	case testing.Short():
		masks = masks[:3]
		if len(s.Bytes) > 400 {
			step = raceStep(11)
		}
	case len(s.Bytes) < 100:
		step, masks = 1, masks[:0]
		for mask := 1; mask < 256; mask++ {
			masks = append(masks, byte(mask))
		}
	}
	for n := 0; n < len(s.Bytes); n += step {
		for _, mask := range masks {
			flipped := bytes.Clone(s.Bytes)
			flipped[n] ^= mask
			before := allocated()
			got, err := read(open, memory(flipped))
			if size := allocated() - before; size > mostAllocated {
				t.Errorf("byte %d ^ %#x: %d MiB were allocated", n, mask, size>>20)
			}
			skips(t, open, flipped, got, err)
			var e *file.Error
			switch {
			case err != nil && (!errors.As(err, &e) || strings.Contains(err.Error(), "runtime error")):
				t.Errorf("byte %d ^ %#x: got %v, want a *file.Error", n, mask, err)
			case err == nil && s.Summed != nil && s.Summed(n) && !slices.Equal(got, want):
				t.Errorf("byte %d ^ %#x: reads as something else: %q", n, mask, got)
			}
			proper(t, n, got)
		}
	}
}

// proper wants records to be JSON, in UTF-8.
func proper(t *testing.T, n int, records []string) {
	for _, text := range records {
		if !json.Valid([]byte(text)) || !utf8.ValidString(text) {
			t.Errorf("byte %d: %q is not JSON", n, text)
		}
	}
}

// allocated is how many bytes were allocated until now.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// NoAllocation wants no allocation in so many records, behind as many others. They are
// read in parts, of which one at least must be without any: what else goes on in the
// process allocates now and then, and is counted too.
func NoAllocation(t *testing.T, r file.Records, records int) {
	t.Helper()
	const parts = 5
	dst, least := make([]byte, 0, 4096), math.Inf(1)
	for range parts {
		least = min(least, testing.AllocsPerRun(1, func() {
			for range records / parts {
				var err error
				if dst, err = r.Next(dst[:0]); err != nil {
					t.Fatal(err)
				}
			}
		}))
	}
	if least > 0 {
		t.Errorf("%v allocations in %d records, want none", least, records/parts)
	}
}

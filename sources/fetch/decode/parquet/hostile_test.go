//go:build !small

package parquet_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/parquet"
)

// TestFlippedValues proves that a page whose bytes changed on their way is an error,
// where it has a CRC.
func TestFlippedValues(t *testing.T) {
	b := read(t, "tiny")
	i := bytes.Index(b, binary.LittleEndian.AppendUint64(nil, 4)) // the id of the last row
	if i < 0 {
		t.Fatal("the file has no id 4")
	}
	b[i] = 5
	if _, err := lines(b); err == nil || !strings.Contains(err.Error(), "CRC") {
		t.Errorf("got %v, want an error of the CRC", err)
	}
}

func isError(err error) bool {
	var e *file.Error
	return errors.As(err, &e) && e.Err != nil
}

// drain reads up to so many records, or up to the one that makes it 1 MiB of JSON.
func drain(b []byte, most int) error {
	r, err := open(b)
	if err != nil {
		return err
	}
	defer r.Close()
	var dst []byte
	for read := 0; most > 0 && read < 1<<20; most-- {
		dst, err = r.Next(dst[:0])
		read += len(dst)
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

func allocations(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func FuzzParquet(f *testing.F) {
	for _, name := range []string{"tiny", "deltas", "types", "nested"} {
		f.Add(read(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := drain(b, 10000); err != nil && !isError(err) {
			t.Errorf("got %v, want a *file.Error", err)
		}
	})
}

// failing is a file that can be read up to some byte.
type failing struct {
	memory
	up int64
}

var errConnection = errors.New("connection reset")

func (f failing) At() (io.ReaderAt, int64, error) { return f, f.Size(), nil }

func (f failing) ReadAt(b []byte, offset int64) (int, error) {
	if offset < f.up && offset+int64(len(b)) > f.up {
		return 0, errConnection
	}
	return f.Reader.ReadAt(b, offset)
}

// TestUnreadable proves that a file that cannot be read is not called broken.
func TestUnreadable(t *testing.T) {
	b := read(t, "tiny")
	for _, up := range []int64{2, 40, int64(len(b)) - 20, int64(len(b)) - 2} {
		r, err := parquet.Open(failing{memory{bytes.NewReader(b)}, up}, &file.Options{})
		if err == nil {
			_, err = r.Next(nil)
		}
		if !errors.Is(err, errConnection) || isError(err) {
			t.Errorf("got %v, want the file's own error", err)
		}
	}
}

//go:build !small

package xlsx

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

const (
	// maxInMemory is how much of the texts is kept in memory, in bytes.
	maxInMemory = 32 << 20
	// maxStrings is how many texts cells may share: each takes 8 bytes of memory.
	maxStrings = 16 << 20
	// windowSize is how much of the texts on disk is read at once: cells that stand
	// beside one another mostly have texts that do.
	windowSize = 64 << 10
)

// sharedStrings are the texts that cells name by their numbers.
type sharedStrings struct {
	ends  []int64 // where each text ends, and the next begins
	texts []byte  // nil: they are on disk

	disk   *file.Temp
	window []byte // a piece of the texts on disk
	at     int64  // where it begins
}

// read reads the part that has them.
func (s *sharedStrings) read(w *workbook, part string) error {
	in, err := w.open(part)
	if err != nil {
		return err
	}
	defer in.Close()
	x := newScanner(in)
	var spill *bufio.Writer
	var end int64
	for {
		err := x.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if x.ends || string(x.name) != "si" {
			continue
		}
		before := len(s.texts)
		if s.texts, err = appendRuns(s.texts, x); err != nil {
			return fmt.Errorf("text %d: %w", len(s.ends), err)
		}
		end += int64(len(s.texts) - before)
		if s.ends = append(s.ends, end); len(s.ends) > maxStrings {
			return fmt.Errorf("there are more than %d texts", maxStrings)
		}
		if len(s.texts) <= maxInMemory {
			continue
		}
		if s.disk == nil {
			if s.disk, err = file.NewTemp(); err != nil {
				return err
			}
			spill = bufio.NewWriterSize(s.disk, 1<<20)
		}
		if _, err := spill.Write(s.texts); err != nil {
			return err
		}
		s.texts = s.texts[:0]
	}
	if s.disk == nil {
		return nil
	}
	_, err = spill.Write(s.texts)
	s.texts = nil
	return errors.Join(err, spill.Flush())
}

// get returns a text, which is good until the next one.
func (s *sharedStrings) get(i uint64) ([]byte, error) {
	if i >= uint64(len(s.ends)) {
		return nil, fmt.Errorf("it names text %d; there are %d", i, len(s.ends))
	}
	var begin int64
	if i > 0 {
		begin = s.ends[i-1]
	}
	end := s.ends[i]
	if s.disk == nil {
		return s.texts[begin:end], nil
	}
	if begin < s.at || end > s.at+int64(len(s.window)) {
		size := min(max(end-begin, windowSize), s.disk.Size()-begin)
		if int64(cap(s.window)) < size {
			s.window = make([]byte, size)
		}
		s.window, s.at = s.window[:size], begin
		if _, err := s.disk.ReadAt(s.window, begin); err != nil {
			s.window = s.window[:0]
			return nil, err
		}
	}
	return s.window[begin-s.at : end-s.at], nil
}

func (s *sharedStrings) close() {
	if s.disk != nil {
		s.disk.Discard()
	}
}

// appendRuns appends the text of the element that begins with the present tag: one, or
// the runs of a rich one, without how it is pronounced.
func appendRuns(dst []byte, x *scanner) ([]byte, error) {
	if x.empty {
		return dst, nil
	}
	start := len(dst)
	inText := false
	for depth := len(x.open); len(x.open) >= depth; {
		if err := x.next(); err != nil {
			return dst, file.NotEOF(err)
		}
		switch {
		case !x.ends && string(x.name) == "rPh":
			if err := x.skip(); err != nil {
				return dst, err
			}
		case string(x.name) == "t":
			if x.ends && inText {
				var err error
				if dst, err = appendCharacters(dst, x.text); err != nil {
					return dst, err
				}
			}
			inText = !x.ends && !x.empty
		}
		if len(dst)-start > file.MaxRecord {
			return dst, fmt.Errorf("a text is longer than %d MiB", file.MaxRecord>>20)
		}
	}
	return dst, nil
}

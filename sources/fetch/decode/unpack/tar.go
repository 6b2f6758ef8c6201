package unpack

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// tarred are the files of a tar archive.
type tarred struct {
	layer   *layer // for its errors
	blocks  *blocks
	archive *tar.Reader
	chosen  *selection
	member  *file.Source // the present one; nil: none
}

func openTar(from file.File, how *sources.Packing, member string) (Files, error) {
	l := &layer{kind: "tar", member: member, in: newInput(from)}
	chosen, err := newSelection(how.Members)
	if err != nil {
		return nil, err
	}
	if begins, err := l.in.Peek(blockSize); len(begins) < blockSize && l.in.err == nil {
		return nil, l.fail(tooShort(begins))
	} else if err != nil {
		return nil, l.fail(err)
	}
	b := &blocks{in: l.in}
	return &tarred{layer: l, blocks: b, archive: tar.NewReader(b), chosen: chosen}, nil
}

// tooShort is the error of a file that is shorter than any archive.
func tooShort(begins []byte) error {
	return &file.Error{Format: "tar", Offset: int64(len(begins)),
		Err: fmt.Errorf("it ends after %d bytes, and begins with %q: %w", len(begins), begins[:min(16, len(begins))], io.ErrUnexpectedEOF)}
}

func (t *tarred) Next() (file.File, string, error) {
	if t.member != nil {
		err := finish(t.member)
		t.Close()
		if err != nil {
			return nil, "", err
		}
	}
	for {
		name, read, err := t.next()
		if err != nil {
			return nil, "", err
		}
		if !read {
			continue
		}
		l := &layer{kind: "tar", member: join(t.layer.member, name), in: t.layer.in, text: t.archive, most: Most, begin: t.layer.in.offset()}
		t.member = file.NewSource(l, nil, Most)
		return t.member, name, nil
	}
}

// next reads the header of the next member.
func (t *tarred) next() (name string, read bool, err error) {
	defer t.layer.recovered(&err)
	// What is left of the last member stands before the next header.
	if _, err := io.Copy(io.Discard, io.LimitReader(t.archive, Most)); err != nil {
		return "", false, t.layer.fail(file.NotEOF(err))
	}
	data := (t.blocks.n + blockSize - 1) / blockSize * blockSize
	header, err := t.archive.Next()
	switch {
	case err == io.EOF:
		return "", false, t.end(t.blocks.n > data && t.blocks.zero)
	case errors.Is(err, tar.ErrHeader) && t.blocks.n <= blockSize:
		return "", false, t.isNot()
	case err != nil && !errors.Is(err, tar.ErrInsecurePath): // no file is made under the path
		return "", false, t.layer.fail(err)
	}
	isFile := header.Typeflag == tar.TypeReg || header.Typeflag == tar.TypeCont || header.Typeflag == tar.TypeGNUSparse
	read, err = t.chosen.reads(header.Name, isFile)
	if err != nil {
		err = t.layer.fail(err)
	}
	return header.Name, read, err
}

// isNot is the error of an archive whose first header is none.
func (t *tarred) isNot() error {
	err := fmt.Errorf("the answer is not tar: it begins with %q: leave tar out of unpack", t.blocks.begins[:])
	return &file.Error{Format: "tar", Member: t.layer.member, Err: err}
}

// end is the end of the archive, if that is marked and nothing but zeros follows. The
// library takes an archive that was cut between two members for whole.
func (t *tarred) end(marked bool) error {
	if !marked {
		return t.layer.fail(io.ErrUnexpectedEOF)
	}
	for {
		behind, err := t.layer.in.Peek(1)
		if len(behind) == 0 {
			if err != io.EOF {
				return t.layer.fail(err)
			}
			break
		}
		if behind[0] != 0 {
			return t.layer.fail(errors.New("more stands behind the end of the archive: two of them may have been joined"))
		}
		_, _ = t.layer.in.Discard(1) // it is there
	}
	if err := t.chosen.done(); err != nil {
		return t.layer.fail(err)
	}
	return io.EOF
}

func (t *tarred) Close() {
	if t.member != nil {
		t.member.Close()
		t.member = nil
	}
}

// blockSize is that of tar: headers and files begin where one does.
const blockSize = 512

// blocks reads blocks of an archive, and notes whether the last is of zeros.
type blocks struct {
	in     io.Reader
	n      int64 // bytes read
	zero   bool
	begins [16]byte
}

func (b *blocks) Read(p []byte) (int, error) {
	n, err := io.ReadFull(b.in, p)
	if n > 0 && errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil // the end comes again
	}
	if b.n < int64(len(b.begins)) {
		copy(b.begins[b.n:], p[:n])
	}
	b.n += int64(n)
	if n > 0 {
		b.zero = n%blockSize == 0 && [blockSize]byte(p[n-blockSize:n]) == [blockSize]byte{}
	}
	return n, err
}

package unpack

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/flate"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// maxDirectory is how much of an archive is read for its directory, in bytes.
const maxDirectory = 64 << 20

// zipped are the files of a ZIP archive.
type zipped struct {
	layer *layer // for its errors
	at    io.ReaderAt
	files []*zip.File // that are still to be read
	in    *input      // of the present one
	text  io.ReadCloser
	file  *stored
}

func openZip(from file.File, how *sources.Packing, member string) (_ Files, err error) {
	defer recovered(&err)
	chosen, err := newSelection(how.Members)
	if err != nil {
		return nil, err
	}
	at, size, err := from.At()
	if err != nil {
		return nil, err
	}
	l := &layer{kind: "zip", member: member, in: newInput(io.NewSectionReader(at, 0, size))}
	archive, err := readDirectory(at, size)
	if err != nil {
		return nil, l.noArchive(err, size)
	}
	z := &zipped{layer: l, at: at}
	for _, f := range archive.File {
		read, err := chosen.reads(f.Name, f.Mode().IsRegular())
		if err != nil {
			return nil, l.fail(err)
		}
		if read {
			z.files = append(z.files, f)
		}
	}
	if err := errors.Join(chosen.done(), overlap(z.files, size), beginsUnlisted(at, archive.File)); err != nil {
		return nil, l.fail(err)
	}
	z.register(archive)
	return z, nil
}

// Archive opens a ZIP archive for a format whose files are some: with a directory that is
// bounded, of members that have no bytes in common.
func Archive(at io.ReaderAt, size int64) (*zip.Reader, error) {
	l := &layer{kind: "zip", in: newInput(io.NewSectionReader(at, 0, size))}
	archive, err := readDirectory(at, size)
	if err != nil {
		return nil, l.noArchive(err, size)
	}
	return archive, overlap(archive.File, size)
}

// readDirectory reads the directory of an archive.
func readDirectory(at io.ReaderAt, size int64) (*zip.Reader, error) {
	directory := &directoryReader{ReaderAt: at}
	archive, err := zip.NewReader(directory, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // no file is made under the path
		return nil, err
	}
	directory.ended = true
	archive.RegisterDecompressor(zip.Deflate, flate.NewReader) // faster than the library's
	return archive, nil
}

// noArchive says why there is no directory.
func (l *layer) noArchive(err error, size int64) error {
	if begins, _ := l.in.Peek(4); size > 0 && !bytes.HasPrefix([]byte("PK\x03\x04"), begins) && !bytes.HasPrefix([]byte("PK\x05\x06"), begins) {
		return l.isNot()
	}
	if errors.Is(err, zip.ErrFormat) || early(err) {
		err = fmt.Errorf("its directory, which stands at its end, is missing or broken: %w", io.ErrUnexpectedEOF)
		return &file.Error{Format: "zip", Member: l.member, Offset: size, Err: err}
	}
	return l.fail(err)
}

// overlap finds members that have bytes in common: only archives made to expand
// without end do.
func overlap(files []*zip.File, size int64) error {
	type span struct {
		begin, end int64
		name       string
	}
	var spans []span
	for _, f := range files {
		begin, err := f.DataOffset()
		if err != nil {
			return fmt.Errorf("member %q: %w", shorten(f.Name), file.NotEOF(err))
		}
		end := begin + int64(f.CompressedSize64)
		if end < begin || end > size {
			return fmt.Errorf("member %q: it ends at byte %d of %d: %w", shorten(f.Name), uint64(begin)+f.CompressedSize64, size, io.ErrUnexpectedEOF)
		}
		spans = append(spans, span{begin, end, f.Name})
	}
	slices.SortFunc(spans, func(a, b span) int { return int(min(1, max(-1, a.begin-b.begin))) })
	for i := 1; i < len(spans); i++ {
		if before := spans[i-1]; spans[i].begin < before.end {
			return fmt.Errorf("members %q and %q have bytes in common", shorten(before.name), shorten(spans[i].name))
		}
	}
	return nil
}

// beginsUnlisted finds archives that stand behind one another: the directory at the end is
// that of the last one, and nobody would read the others.
func beginsUnlisted(at io.ReaderAt, listed []*zip.File) error {
	const localHeader = 30 // bytes, before the name
	var head [localHeader]byte
	if n, _ := at.ReadAt(head[:], 0); n < len(head) || !bytes.HasPrefix(head[:], []byte("PK\x03\x04")) {
		return nil // it begins with something else, as archives do that unpack themselves
	}
	first := localHeader + int64(binary.LittleEndian.Uint16(head[26:])) + int64(binary.LittleEndian.Uint16(head[28:]))
	for _, f := range listed {
		if begin, err := f.DataOffset(); err == nil && begin == first {
			return nil
		}
	}
	return errors.New("it begins with a member that its directory, at its end, does not list: are these several archives behind one another? Only the last of them would be read")
}

// zipMethods are the compressions of members by their numbers.
var zipMethods = map[uint16]func(in *input) (io.ReadCloser, error){
	zip.Store:   openStored,
	zip.Deflate: openDeflate,
	12:          openBzip2,
	14:          openLZMA,
	93:          openZstd,
	95:          openXZ,
}

// register lets the archive take compressions off, whose input is the present one.
func (z *zipped) register(archive *zip.Reader) {
	for method, open := range zipMethods {
		archive.RegisterDecompressor(method, func(r io.Reader) io.ReadCloser {
			z.in.from = r
			text, err := open(z.in)
			if err != nil {
				return io.NopCloser(broken{err})
			}
			return text
		})
	}
}

// broken is a file that cannot be read.
type broken struct{ error }

func (b broken) Read([]byte) (int, error) { return 0, b.error }

func (z *zipped) Next() (file.File, string, error) {
	if z.file != nil {
		err := finish(z.file)
		z.Close()
		if err != nil {
			return nil, "", err
		}
	}
	if len(z.files) == 0 {
		return nil, "", io.EOF
	}
	f := z.files[0]
	z.files = z.files[1:]
	if err := z.open(f); err != nil {
		return nil, "", err
	}
	return z.file, f.Name, nil
}

func (z *zipped) open(f *zip.File) (err error) {
	defer z.layer.recovered(&err)
	begin, err := f.DataOffset()
	if err != nil {
		return z.layer.fail(err)
	}
	z.in = newInput(nil)
	z.in.before = begin
	l := &layer{kind: "zip", member: join(z.layer.member, f.Name), in: z.in, begin: begin, most: Most}
	const encrypted, strong = 1 << 0, 1 << 6
	switch {
	case f.Flags&(encrypted|strong) != 0:
		return l.fail(errors.New("it is encrypted, and nobody can give a password: ask for an archive without one"))
	case zipMethods[f.Method] == nil:
		return l.fail(fmt.Errorf("compression method %d: those that are read are store, deflate, bzip2, lzma, zstd and xz", f.Method))
	}
	z.text, err = f.Open()
	if err != nil {
		return l.fail(err)
	}
	l.text = z.text
	z.file = &stored{Source: file.NewSource(l, nil, Most)}
	if f.Method == zip.Store {
		z.file.section = io.NewSectionReader(z.at, begin, int64(f.CompressedSize64))
	}
	return nil
}

func (z *zipped) Close() {
	if z.file != nil {
		z.file.Close()
		_ = z.text.Close() // it has nothing to say that Read did not
		z.file = nil
	}
}

// stored is a member that lies in the archive as it is, or a packed one.
type stored struct {
	*file.Source
	section *io.SectionReader // nil: it is packed
}

// At returns the member at any place. One that is not packed is read once for its
// checksum, and stays where it lies.
func (s *stored) At() (io.ReaderAt, int64, error) {
	if s.section == nil {
		return s.Source.At()
	}
	_, err := io.Copy(io.Discard, s.Source)
	return s.section, s.section.Size(), err
}

// directoryReader reads the directory of an archive, and refuses one that would take too
// much memory: the library keeps all of it.
type directoryReader struct {
	io.ReaderAt
	n     int
	files int
	ended bool
}

func (d *directoryReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := d.ReaderAt.ReadAt(p, off)
	if d.ended {
		return n, err
	}
	d.n += n
	d.files += bytes.Count(p[:n], []byte("PK\x01\x02"))
	// Those at the archive's end are read again.
	if d.files > maxMembers+maxMembers/10 {
		return 0, errMembers
	}
	if d.n > maxDirectory {
		return 0, fmt.Errorf("its directory is larger than %d MiB", maxDirectory>>20)
	}
	return n, err
}

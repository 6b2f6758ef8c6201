package unpack

import (
	"compress/bzip2"
	"errors"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/xz"
)

// maxWindow is how far back zstd may refer: what the zstd program takes without being
// told more, in bytes.
const maxWindow = 128 << 20

// compression is a way to make files shorter.
type compression struct {
	magics []string // that it may begin with
	open   func(in *input) (io.ReadCloser, error)
}

var compressions = map[string]compression{
	"gzip": {[]string{"\x1f\x8b"}, openGzip},
	"zstd": {zstdMagics(), openZstd},
	"bz2":  {[]string{"BZh"}, openBzip2},
	"xz":   {[]string{xz.Magic}, openXZ},
}

// compressed begins to take a compression off.
func compressed(kind string) func(file.File, *sources.Packing, string) (Files, error) {
	return func(from file.File, _ *sources.Packing, member string) (Files, error) {
		how := compressions[kind]
		l := &layer{kind: kind, member: member, in: newInput(from), most: Most}
		if err := l.isPacked(how.magics...); err != nil {
			return nil, err
		}
		text, err := how.begin(l.in)
		if err != nil {
			return nil, l.fail(err)
		}
		l.text = text
		source := file.NewSource(l, nil, Most)
		return &one{File: source, close: func() {
			source.Close()
			_ = text.Close() // it has nothing to say that Read did not
		}}, nil
	}
}

// gzipped says of what follows a member of gzip that it is none.
type gzipped struct{ *gzip.Reader }

func (g gzipped) Read(p []byte) (int, error) {
	n, err := g.Reader.Read(p)
	switch {
	case errors.Is(err, gzip.ErrChecksum):
		err = xz.ErrChecksum
	case errors.Is(err, gzip.ErrHeader):
		err = xz.ErrBehind
	}
	return n, err
}

func openGzip(in *input) (io.ReadCloser, error) {
	z, err := gzip.NewReader(in.Reader)
	return gzipped{z}, err
}

// zstdMagics are those of a frame, and of 16 kinds of frames to be skipped.
func zstdMagics() []string {
	magics := []string{"\x28\xb5\x2f\xfd"}
	for i := range 16 {
		magics = append(magics, string([]byte{0x50 + byte(i), 0x2a, 0x4d, 0x18}))
	}
	return magics
}

func openZstd(in *input) (io.ReadCloser, error) {
	z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	return zstandard{z.IOReadCloser()}, nil
}

// zstandard says what is wrong as the other compressions do.
type zstandard struct{ io.ReadCloser }

func (z zstandard) Read(p []byte) (int, error) {
	n, err := z.ReadCloser.Read(p)
	switch {
	case errors.Is(err, zstd.ErrCRCMismatch):
		err = xz.ErrChecksum
	case errors.Is(err, zstd.ErrMagicMismatch):
		err = xz.ErrBehind
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		err = errors.New("its window is larger than 128 MiB: compress it without --ultra --long=28 or more")
	}
	return n, err
}

func openBzip2(in *input) (io.ReadCloser, error) {
	return io.NopCloser(bzip2.NewReader(in.Reader)), nil
}

func openDeflate(in *input) (io.ReadCloser, error) { return flate.NewReader(in.Reader), nil }

func openStored(in *input) (io.ReadCloser, error) { return io.NopCloser(in), nil }

// begin is open without a library's panic.
func (c compression) begin(in *input) (_ io.ReadCloser, err error) {
	defer recovered(&err)
	return c.open(in)
}

func openXZ(in *input) (io.ReadCloser, error) {
	x, err := xz.Open(in.Reader, Most)
	return io.NopCloser(x), err
}

package unpack

import (
	"bytes"
	"errors"
	"io"

	"github.com/ulikunitz/xz/lzma"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/xz"
)

// openLZMA takes LZMA off a member of a ZIP archive (APPNOTE 5.8.8): a version, the
// size of the properties, these, and data with a mark at its end.
func openLZMA(in *input) (io.ReadCloser, error) {
	var header [9]byte
	if _, err := io.ReadFull(in, header[:]); err != nil {
		return nil, file.NotEOF(err)
	}
	if header[2] != 5 || header[3] != 0 {
		return nil, errors.New("its LZMA properties are not five bytes long")
	}
	// The library reads the header of .lzma files: properties, and a size that is not known.
	begin := append(header[4:9:9], bytes.Repeat([]byte{0xff}, 8)...)
	text, err := lzma.ReaderConfig{DictCap: xz.MaxDict}.NewReader(&behindHeader{begin, in})
	if err != nil {
		return nil, err
	}
	return io.NopCloser(text), nil
}

// behindHeader is an input with a header before it.
type behindHeader struct {
	header []byte
	*input
}

func (b *behindHeader) Read(p []byte) (int, error) {
	if len(b.header) == 0 {
		return b.input.Read(p)
	}
	n := copy(p, b.header)
	b.header = b.header[n:]
	return n, nil
}

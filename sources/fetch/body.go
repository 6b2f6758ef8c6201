package fetch

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// acceptEncoding is what requests ask for unless the definition says other.
const acceptEncoding = "gzip, zstd, br"

// errTooLarge is a body over MaxBody.
var errTooLarge = fmt.Errorf("larger than %d MiB", MaxBody>>20)

// errEncoding is a Content-Encoding that nobody asked for.
type errEncoding struct{ name string }

func (e errEncoding) Error() string { return fmt.Sprintf("unknown Content-Encoding %q", e.name) }

// readBody appends the decoded body to buf. Its encodings were applied in the
// order in which the headers name them (RFC 9110, 8.4).
func readBody(buf []byte, wire io.Reader, headers []string) ([]byte, error) {
	r := wire
	names := strings.Split(strings.Join(headers, ","), ",")
	for i := len(names) - 1; i >= 0; i-- {
		decoded, closeDecoder, err := decode(r, strings.ToLower(strings.TrimSpace(names[i])))
		if err != nil {
			return buf, err
		}
		defer closeDecoder()
		r = decoded
	}
	buf, err := readAll(buf, r)
	if err == nil && r != wire {
		// A decoder may stop before the wire's end: a body that was cut there
		// must not pass.
		_, err = io.Copy(io.Discard, wire)
	}
	return buf, err
}

func decode(r io.Reader, name string) (io.Reader, func(), error) {
	switch name {
	case "", "identity":
		return r, func() {}, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, nil, fmt.Errorf("gzip: %w", unexpected(err))
		}
		return z, func() { z.Close() }, nil
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			return nil, nil, fmt.Errorf("zstd: %w", err)
		}
		return z, z.Close, nil
	case "br":
		return brotli.NewReader(r), func() {}, nil
	}
	return nil, nil, errEncoding{name}
}

// readAll appends what r holds, at most MaxBody bytes.
func readAll(buf []byte, r io.Reader) ([]byte, error) {
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, make([]byte, max(64<<10, cap(buf)))...)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case len(buf) > MaxBody:
			return buf, errTooLarge
		case errors.Is(err, io.EOF):
			return buf, nil
		case err != nil:
			return buf, err
		}
	}
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

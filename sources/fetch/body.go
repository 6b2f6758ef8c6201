package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	// acceptEncoding is what requests ask for unless the definition says other.
	acceptEncoding = "gzip, zstd, br"
	// maxEncodings is how many encodings may lie over one another: each takes
	// memory of its own.
	maxEncodings = 4
	// maxWindow is how far back zstd may refer, as RFC 9659 has it for HTTP.
	maxWindow = 8 << 20
)

// errTooLarge is a body over MaxBody.
var errTooLarge = fmt.Errorf("larger than %d MiB", MaxBody>>20)

// errEncoding is a Content-Encoding that nobody asked for.
type errEncoding struct{ name string }

func (e errEncoding) Error() string { return fmt.Sprintf("unknown Content-Encoding %q", clip(e.name)) }

// readBody appends the decoded body to buf. Its encodings were applied in the
// order in which the headers name them (RFC 9110, 8.4).
func readBody(buf []byte, wire io.Reader, headers []string) ([]byte, error) {
	names := encodings(headers)
	if len(names) == 0 {
		return readAll(buf, wire)
	}
	if len(names) > maxEncodings {
		return buf, errEncoding{strings.Join(names, ", ")}
	}
	// Answers without a body often name an encoding all the same.
	first := make([]byte, 1)
	if _, err := io.ReadFull(wire, first); err != nil {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return buf, err
	}
	layers := []io.Reader{io.MultiReader(bytes.NewReader(first), wire)}
	for i := len(names) - 1; i >= 0; i-- {
		decoded, closeDecoder, err := decode(layers[0], names[i])
		if err != nil {
			return buf, err
		}
		defer closeDecoder()
		layers = append([]io.Reader{decoded}, layers...)
	}
	buf, err := readAll(buf, layers[0])
	if err != nil {
		return buf, err
	}
	for _, layer := range layers[1:] {
		// A decoder may stop before the end of what it reads: a body that was
		// cut there, or whose checksum lies there, must not pass.
		n, err := io.Copy(io.Discard, io.LimitReader(layer, MaxBody))
		if err == nil && n == MaxBody {
			err = errTooLarge
		}
		if err != nil {
			return buf, err
		}
	}
	return buf, nil
}

// encodings are the names in Content-Encoding headers, in order.
func encodings(headers []string) []string {
	var names []string
	for _, h := range headers {
		for name := range strings.SplitSeq(h, ",") {
			name = strings.ToLower(strings.TrimSpace(name))
			if name != "" && name != "identity" {
				names = append(names, name)
			}
		}
	}
	return names
}

func decode(r io.Reader, name string) (io.Reader, func(), error) {
	switch name {
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, nil, fmt.Errorf("gzip: %w", unexpected(err))
		}
		return z, func() { _ = z.Close() }, nil // it has nothing to say that Read did not
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, fmt.Errorf("zstd: %w", unexpected(err))
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

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

	"github.com/tap-rest/tap-rest/sources/secret"
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

// errTooLarge is a body over MaxBody, errTooLong one over MaxResponse.
var (
	errTooLarge = fmt.Errorf("larger than %d MiB", MaxBody>>20)
	errTooLong  = fmt.Errorf("larger than %d GiB", MaxResponse>>30)
)

// errEncoding is a Content-Encoding that nobody asked for.
type errEncoding struct{ name string }

func (e errEncoding) Error() string {
	return fmt.Sprintf("unknown Content-Encoding %q", secret.Clip(e.name))
}

// readBody appends the decoded body to buf. Its encodings were applied in the
// order in which the headers name them (RFC 9110, 8.4).
func readBody(buf []byte, wire io.Reader, headers []string) ([]byte, error) {
	d, err := newDecoder(wire, headers)
	if err != nil {
		return buf, err
	}
	defer d.close()
	return readAll(buf, d, MaxBody)
}

// decoder decodes a body. At its end it proves that the wire ends there too.
type decoder struct {
	layers  []io.Reader // the decoded body, what it is made of, …, the wire
	closers []func()
	drained bool
}

// newDecoder returns the decoder of a body. It is to be closed.
func newDecoder(wire io.Reader, headers []string) (*decoder, error) {
	names := encodings(headers)
	if len(names) > maxEncodings {
		return nil, errEncoding{strings.Join(names, ", ")}
	}
	d := &decoder{layers: []io.Reader{wire}}
	if len(names) == 0 {
		return d, nil
	}
	// Answers without a body often name an encoding all the same.
	first := make([]byte, 1)
	if _, err := io.ReadFull(wire, first); err != nil {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return d, err
	}
	d.layers[0] = io.MultiReader(bytes.NewReader(first), wire)
	for i := len(names) - 1; i >= 0; i-- {
		decoded, closeLayer, err := decode(d.layers[0], names[i])
		if err != nil {
			d.close()
			return nil, err
		}
		d.closers = append(d.closers, closeLayer)
		d.layers = append([]io.Reader{decoded}, d.layers...)
	}
	return d, nil
}

func (d *decoder) Read(p []byte) (int, error) {
	n, err := d.layers[0].Read(p)
	if errors.Is(err, io.EOF) && !d.drained {
		d.drained = true
		if bad := d.drain(); bad != nil {
			err = bad
		}
	}
	return n, err
}

// drain reads what is under the decoded body to its end: a decoder may stop
// before the end of what it reads, and a body that was cut there, or whose
// checksum lies there, must not pass.
func (d *decoder) drain() error {
	for _, layer := range d.layers[1:] {
		n, err := io.Copy(io.Discard, io.LimitReader(layer, MaxBody))
		if err == nil && n == MaxBody {
			err = errTooLarge
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) close() {
	for _, closeLayer := range d.closers {
		closeLayer()
	}
}

// encodings are the names in Content-Encoding headers, in order.
func encodings(headers []string) []string {
	var names []string
	for _, h := range headers {
		for name := range strings.SplitSeq(h, ",") {
			name = strings.TrimSpace(name)
			switch known := strings.ToLower(name); known {
			case "", "identity":
			case "gzip", "x-gzip", "zstd", "br":
				names = append(names, known)
			default: // an error shows it as it came
				names = append(names, name)
			}
		}
	}
	return names
}

func decode(r io.Reader, name string) (io.Reader, func(), error) {
	if text, ok := decodeText(r, name); ok {
		return text, func() {}, nil
	}
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

// readAll appends what r holds to buf, up to so many bytes in all. Where there
// are more, it returns errTooLarge and one of them besides.
func readAll(buf []byte, r io.Reader, most int) ([]byte, error) {
	for {
		if len(buf) == cap(buf) {
			more := min(max(64<<10, cap(buf)), most+1-len(buf))
			buf = append(buf, make([]byte, more)...)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):min(cap(buf), most+1)])
		buf = buf[:len(buf)+n]
		switch {
		case len(buf) > most:
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

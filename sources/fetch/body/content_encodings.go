package body

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/tap-rest/tap-rest/sources/fetch/decode"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/secret"
)

const (
	// Accept is what requests ask for unless the definition says other.
	Accept = "gzip, zstd, br"
	// maxEncodings is how many encodings may lie over one another: each takes
	// memory of its own.
	maxEncodings = 4
	// maxWindow is how far back zstd may refer, as RFC 9659 has it for HTTP.
	maxWindow = 8 << 20
)

// Format begins to take one layer off a body. What it returns reads to an end
// only where the layer is whole.
type Format func(in *file.Source) (io.ReadCloser, error)

// formats are those that a Content-Encoding may name.
var formats = map[string]Format{
	"gzip":   openGzip,
	"x-gzip": openGzip,
	"zstd":   openZstd,
	"br":     openBrotli,
}

// Layers are what lies between the wire and the JSON text of a body, in the
// order in which it was laid on. Without any, the wire is the text.
type Layers []layer

type layer struct {
	name   string
	open   Format         // nil: nobody knows the name
	answer *decode.Answer // it is of a file, and answers that say no have none; nil: it is not
}

// none reports whether the wire is the text: all that depends on it asks here.
func (l Layers) none() bool { return len(l) == 0 }

// With returns the layers with those over them that an answer's headers name, in
// their order (RFC 9110, 8.4).
func (l Layers) With(h http.Header) Layers {
	all := slices.Clip(l)
	for _, names := range h["Content-Encoding"] {
		for name := range strings.SplitSeq(names, ",") {
			name = strings.TrimSpace(name)
			known := strings.ToLower(name)
			if known == "" || known == "identity" {
				continue
			}
			all = append(all, layer{name: name, open: formats[known]}) // an error shows the name as it came
		}
	}
	return all
}

// ErrEncoding is a Content-Encoding that nobody asked for.
type ErrEncoding struct{ Name string }

// Error names the encoding.
func (e ErrEncoding) Error() string {
	return fmt.Sprintf("unknown Content-Encoding %q", secret.Clip(e.Name))
}

// check finds layers that nobody can take off.
func (l Layers) check() error {
	if len(l) > maxEncodings {
		var names []string
		for _, one := range l {
			names = append(names, one.name)
		}
		return ErrEncoding{strings.Join(names, ", ")}
	}
	return nil
}

func openGzip(in *file.Source) (io.ReadCloser, error) {
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", file.NotEOF(err))
	}
	return z, nil
}

func openZstd(in *file.Source) (io.ReadCloser, error) {
	z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", file.NotEOF(err))
	}
	return z.IOReadCloser(), nil
}

func openBrotli(in *file.Source) (io.ReadCloser, error) {
	return io.NopCloser(brotli.NewReader(in)), nil
}

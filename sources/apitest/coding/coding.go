// Package coding has the ways in which an apitest API compresses its answers.
// The demo needs none of them, so that the program does not carry them.
package coding

import (
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// Named returns the encoding that HTTP calls gzip, zstd or br; nil, which is
// none, for "". Any other one fails when it is used.
func Named(name string) *apitest.Encoding {
	if name == "" {
		return nil
	}
	return &apitest.Encoding{Name: name, New: func(w io.Writer) (io.WriteCloser, error) { return writer(name, w) }}
}

func writer(name string, w io.Writer) (io.WriteCloser, error) {
	switch name {
	case "gzip":
		return gzip.NewWriterLevel(w, gzip.BestSpeed)
	case "br":
		return brotli.NewWriterLevel(w, brotli.BestSpeed), nil
	case "zstd":
		// One at a time: the encoder then starts no goroutines.
		return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	}
	return nil, fmt.Errorf("unknown encoding %q", name)
}

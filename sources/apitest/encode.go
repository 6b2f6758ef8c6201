package apitest

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// encode compresses the answer as the collection does, if the request accepts
// that.
func (x *exchange) encode() {
	coding := x.c.Encoding
	if coding == "" || x.answer.padding > 0 || !accepts(x.r.Header.Values("Accept-Encoding"), coding) {
		return
	}
	x.compress(coding)
}

func (x *exchange) compress(coding string) {
	b, err := compress(coding, x.answer.body)
	if err != nil {
		x.refuse(&problem{500, "encoding", err.Error()})
		return
	}
	x.answer.body = b
	x.answer.header.Set("Content-Encoding", coding)
	x.answer.header.Set("Vary", "Accept-Encoding")
}

// accepts says whether Accept-Encoding headers allow coding.
func accepts(headers []string, coding string) bool {
	for _, item := range strings.Split(strings.Join(headers, ","), ",") {
		name, params, _ := strings.Cut(item, ";")
		name = strings.TrimSpace(name)
		if name == coding || name == "*" {
			q := strings.TrimRight(strings.ReplaceAll(params, " ", ""), ".0")
			return q != "q="
		}
	}
	return false
}

func compress(coding string, body []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := compressor(coding, &b)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, fmt.Errorf("compress with %s: %w", coding, err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress with %s: %w", coding, err)
	}
	return b.Bytes(), nil
}

func compressor(coding string, w io.Writer) (io.WriteCloser, error) {
	switch coding {
	case "gzip":
		return gzip.NewWriterLevel(w, gzip.BestSpeed)
	case "br":
		return brotli.NewWriterLevel(w, brotli.BestSpeed), nil
	case "zstd":
		// One at a time: the encoder then starts no goroutines.
		return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	}
	return nil, fmt.Errorf("unknown encoding %q", coding)
}

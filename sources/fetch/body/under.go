package body

import (
	"io"
	"net/http"
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// Under returns the layers that a definition says lie under those that headers
// name.
func Under(s *sources.Stream) (l Layers) {
	if s.Text.NullNaN {
		l = append(l, layer{name: "text with nan", open: openNaN})
	}
	d := &s.Text.Decode
	if d.IsJSON() && s.Text.Charset != "" {
		charset := inCharset(s.Text.Charset)
		return append(l, layer{name: "text in " + s.Text.Charset, open: func(in *file.Source) (io.ReadCloser, error) { return io.NopCloser(charset(in)), nil }})
	}
	if d.IsJSON() {
		return l
	}
	answer := &decode.Answer{Options: file.Options{Decode: d, Schema: s.Schema.Text}, Steps: s.Records.Steps}
	if s.Text.Charset != "" {
		answer.Charset = inCharset(s.Text.Charset)
	}
	return append(l, layer{name: "a file", file: true, open: func(in *file.Source) (io.ReadCloser, error) { return decode.Open(in, answer) }})
}

// Answering returns the layers of an answer with that status and those headers: one
// that is no file has none of a file's.
func (l Layers) Answering(status int, h http.Header) Layers {
	if status != http.StatusOK && status != http.StatusPartialContent && status != http.StatusNonAuthoritativeInfo {
		l = l.Plain()
	}
	return l.With(h)
}

// file reports whether the body is a file.
func (l Layers) file() bool { return slices.ContainsFunc(l, func(one layer) bool { return one.file }) }

// Plain returns the layers without those of a file.
func (l Layers) Plain() Layers {
	return slices.DeleteFunc(slices.Clone(l), func(one layer) bool { return one.file })
}

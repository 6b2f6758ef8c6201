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
// name. took is told what answers are taken for where the definition leaves that open;
// nil: nobody asks.
func Under(s *sources.Stream, took func(why string)) (l Layers) {
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
	answer := &decode.Answer{Options: file.Options{Decode: d, Schema: s.Schema.Text, Keys: keysInFiles(s)}, Took: took}
	if !s.Records.Single { // one record is no list of them
		answer.Steps = s.Records.Steps
	}
	if s.Text.Charset != "" {
		answer.Charset = inCharset(s.Text.Charset)
	}
	return append(l, layer{name: "a file", answer: answer})
}

// keysInFiles are the fields that records have by their files, and by nothing that is
// added to them.
func keysInFiles(s *sources.Stream) (keys []string) {
	for _, key := range append(slices.Clone(s.Keys), s.ReplicationKey) {
		added := slices.ContainsFunc(s.Records.Add, func(p sources.Param) bool { return p.Name == key })
		if key != "" && !added && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// Answering returns the layers of an answer with that status and those headers: one
// that is no file has none of a file's.
func (l Layers) Answering(status int, h http.Header) Layers {
	l = slices.Clone(l)
	for i, one := range l {
		if one.answer != nil {
			own := *one.answer
			own.Header, own.Seen = h, new(decode.Seen)
			l[i].answer, l[i].open = &own, func(in *file.Source) (io.ReadCloser, error) { return decode.Open(in, &own) }
		}
	}
	if status != http.StatusOK && status != http.StatusPartialContent && status != http.StatusNonAuthoritativeInfo {
		l = l.Plain()
	}
	return l.With(h)
}

// file reports whether the body is a file.
func (l Layers) file() bool {
	return slices.ContainsFunc(l, func(one layer) bool { return one.answer != nil })
}

// Seen is what reading the body showed of the file that it is.
func (b *Body) Seen() decode.Seen { return b.layers.seen() }

func (l Layers) seen() decode.Seen {
	for _, one := range l {
		if one.answer != nil && one.answer.Seen != nil {
			return *one.answer.Seen
		}
	}
	return decode.Seen{}
}

// Plain returns the layers without those of a file.
func (l Layers) Plain() Layers {
	return slices.DeleteFunc(slices.Clone(l), func(one layer) bool { return one.answer != nil })
}

package apitest

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Encoding is how bodies are compressed. Package coding has those that HTTP
// knows.
type Encoding struct {
	Name string // in Accept-Encoding and Content-Encoding
	New  func(w io.Writer) (io.WriteCloser, error)
}

// encode compresses the answer as the collection does, if the request accepts
// that.
func (x *exchange) encode() {
	coding := x.c.Encoding
	if coding == nil || x.answer.padding > 0 || !accepts(x.r.Header.Values("Accept-Encoding"), coding.Name) {
		return
	}
	x.compress(coding)
}

func (x *exchange) compress(coding *Encoding) {
	b, err := coding.compress(x.answer.body)
	if err != nil {
		x.refuse(&problem{500, "encoding", err.Error()})
		return
	}
	x.answer.body = b
	x.answer.header.Set("Content-Encoding", coding.Name)
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

func (e *Encoding) compress(body []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := e.New(&b)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, fmt.Errorf("compress with %s: %w", e.Name, err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress with %s: %w", e.Name, err)
	}
	return b.Bytes(), nil
}

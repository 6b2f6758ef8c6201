package render

import (
	"encoding/json"
	"fmt"

	"github.com/tap-rest/tap-rest/catalog/schema/infer"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch"
)

// Learned is what pages say of the schema of their records.
type Learned struct {
	Records   int // that were looked at
	inference *infer.Inference
	own       json.RawMessage // what the first file of types says itself; nil: none came
}

// NewLearned returns what is known before any page.
func NewLearned() *Learned { return &Learned{inference: infer.New()} }

// Told reports whether a file said itself what its records are.
func (l *Learned) Told() bool { return l.own != nil }

// Schema is that of the records. The types of a file are its own; what leaves besides,
// as what add says, is inferred.
func (l *Learned) Schema(keys []string) ([]byte, error) {
	inferred := l.inference.Schema(keys)
	if l.own == nil {
		return inferred, nil
	}
	return infer.WithInferred(l.own, inferred, keys)
}

// infer makes a schema of a page's records where none is known yet.
func (r *Renderer) infer(page *fetch.Page) error {
	if r.Schema.Known() || page.Records.Len() == 0 {
		return nil
	}
	learned := NewLearned()
	if err := r.Learn(learned, page); err != nil || learned.Records == 0 {
		return err
	}
	doc, err := learned.Schema(r.stream.Keys)
	if err != nil {
		return fmt.Errorf("%s: the schema that the file says itself: %w", r.stream.Name, err)
	}
	return r.Schema.infer(doc)
}

// Learn adds what a page says of its records.
func (r *Renderer) Learn(l *Learned, page *fetch.Page) error {
	if err := r.project.See(page); err != nil {
		return err
	}
	if l.own == nil {
		l.own = page.Body.Seen().Schema
	}
	var line []byte
	for i := range page.Records.Len() {
		var keep bool
		var err error
		line, keep, err = r.project.Append(line[:0], page, i, r.Schema.Now().expected)
		if err != nil {
			return err
		}
		if keep {
			l.inference.Add(line)
			l.Records++
		}
	}
	return nil
}

// Preview hands out the records of a page as they would leave.
func (r *Renderer) Preview(page *fetch.Page, take func(record []byte)) error {
	if err := r.project.See(page); err != nil {
		return err
	}
	for i := page.Repeated; i < page.Records.Len(); i++ {
		record, keep, err := r.project.Append(nil, page, i, r.Schema.Now().expected)
		if err != nil {
			return err
		}
		if keep {
			take(record)
		}
	}
	return nil
}

// Vars are what templates see of the page that was looked at last.
func (r *Renderer) Vars() expr.Vars { return r.project.Loop().Vars() }

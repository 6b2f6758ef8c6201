package render

import (
	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch"
)

// infer makes a schema of a page's records where none is known yet.
func (r *Renderer) infer(page *fetch.Page) error {
	if r.Schema.Known() || page.Records.Len() == 0 {
		return nil
	}
	inference := schema.NewInference()
	added, err := r.Learn(inference, page)
	if err != nil || added == 0 {
		return err
	}
	return r.Schema.infer(inference.Schema(r.stream.Keys))
}

// Learn adds the records of a page to an inference, and returns how many it
// added.
func (r *Renderer) Learn(inference *schema.Inference, page *fetch.Page) (added int, err error) {
	if err := r.project.see(page); err != nil {
		return 0, err
	}
	var line []byte
	for i := range page.Records.Len() {
		var keep bool
		line, keep, err = r.project.append(line[:0], page, i, r.Schema.Now().expected)
		if err != nil {
			return added, err
		}
		if keep {
			inference.Add(line)
			added++
		}
	}
	return added, nil
}

// Preview hands out the records of a page as they would leave.
func (r *Renderer) Preview(page *fetch.Page, take func(record []byte)) error {
	if err := r.project.see(page); err != nil {
		return err
	}
	for i := page.Repeated; i < page.Records.Len(); i++ {
		record, keep, err := r.project.append(nil, page, i, r.Schema.Now().expected)
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
func (r *Renderer) Vars() expr.Vars { return r.project.view.loop.Vars() }

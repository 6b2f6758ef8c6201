package render

import (
	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/report"
)

// Follow looks at the records of a page that leave for nobody: they are handed
// to Lead alone.
func (r *Renderer) Follow(page *fetch.Page) (*Lines, error) {
	b := &Lines{Partial: page.Partial}
	if err := r.project.See(page); err != nil {
		return nil, err
	}
	r.proof.Page(page)
	var record []byte
	for i := page.Repeated; i < page.Records.Len(); i++ {
		var keep bool
		var err error
		if record, keep, err = r.project.Append(record[:0], page, i, nil); err != nil {
			return nil, err
		}
		if keep && r.Lead != nil && r.isNew(record, &b.Outcome.Counts) {
			r.Lead(record)
		}
	}
	r.note(b, page)
	if page.Last && !r.o.Many && r.stream.Definition.Loaded.Hidden {
		r.walk.TellKey(r.o.Log, r.stream)
	}
	if page.Partial {
		return b, nil
	}
	r.project.End()
	b.At = r.height.standing(page.Next)
	return b, nil
}

// isNew reports whether a record that leaves for nobody is not one that client_filter
// drops, and takes note of one without a replication value.
func (r *Renderer) isNew(record []byte, n *report.Counts) bool {
	if r.stream.ReplicationKey == "" {
		return true
	}
	value := raw.Text(record).Field(r.stream.ReplicationKey)
	if r.stream.Clock.ClientFilter && r.height.older(value) {
		n[report.TooOld]++
		return false
	}
	r.walk.Rendered++
	if len(value) == 0 || value[0] == 'n' {
		n[report.NoValue]++
		r.walk.Missing.Note(record, r.stream.Keys, nil)
	} else {
		r.walk.Valued = true
	}
	return true
}

// lead hands a record that leaves to Lead, with the fields that the catalog
// deselects.
func (r *Renderer) lead(page *fetch.Page, i int) {
	if r.Lead == nil {
		return
	}
	var whole *catalog.Mask
	for _, add := range r.stream.Definition.Records.Add {
		whole = whole.Without(add.Name)
	}
	r.Lead(whole.Append(nil, page.Records.Record(i), r.project.Added()))
}

package render

import (
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/render/pages"
)

// copies reports whether nothing looks at a record that is as its schema says: no
// template, no key, no replication key, no child stream and no noter.
func (r *Renderer) copies() bool {
	s := r.stream
	return r.project.Whole() && len(s.Keys) == 0 && s.ReplicationKey == "" && !r.odd.LooksAtTimes() &&
		r.Lead == nil && r.o.Noter == nil && !r.cut.looks
}

// copyRecords makes lines of the records from i on that are as their schema says, in
// one line each, where nothing else looks at them, and returns the first that is not
// done. It is renderRecord for these, up to the end of a part.
func (r *Renderer) copyRecords(b *Lines, frame *message.Frame, page *fetch.Page, i int) int {
	all, known := page.Records.(pages.Records), r.Schema.Now()
	if !all.OneLine || all.Expected == nil || all.Expected != known.expected || !r.copies() {
		return i
	}
	from, takesAll, lines := i, r.checker.takesAll(), b.Records
	for ; i < len(all.Records) && len(lines) < PartSize; i++ {
		if found := &all.Records[i].Finding; !found.Looked || !found.Fits || !found.Known && !takesAll {
			break
		}
		lines = frame.Close(all.AppendRecord(frame.Open(lines), i), nil)
	}
	b.Records, b.Count = lines, b.Count+int64(i-from)
	return i
}

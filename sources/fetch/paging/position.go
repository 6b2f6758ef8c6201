package paging

import (
	"encoding/json"
	"slices"

	"github.com/tap-rest/tap-rest/sources/fetch/paging/list"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/repeat"
)

// Position is the request that comes next in a walk. The zero Position is the
// first one. It holds no secret: those in tokens and URLs are sealed.
type Position struct {
	Token   json.RawMessage `json:"token,omitempty"`   // what cursor and keyset send
	URL     string          `json:"url,omitempty"`     // next_url, link_header
	Beyond  *Beyond         `json:"beyond,omitempty"`  // page, offset with max_offset: the walk went on from a record
	Session json.RawMessage `json:"session,omitempty"` // what open answered
	Export  *Export         `json:"export,omitempty"`  // where the walk stands over the files of a job
	Number  int64           `json:"number,omitempty"`  // page
	Offset  int64           `json:"offset,omitempty"`  // offset
	Size    int64           `json:"size,omitempty"`    // records that are asked for, where those are fewer than the definition says
	Pages   int64           `json:"pages"`             // pages before this one
	Records int64           `json:"records"`           // records in them, less those stepped back over
	Known
	Numbers *list.Numbers `json:"numbers,omitempty"` // cursor, next_url, link_header: how they are numbered; nil: they are not
	Tail    []repeat.Seen `json:"tail,omitempty"`    // offset with overlap: of the last records
	Doubts  []Doubt       `json:"doubts,omitempty"`  // why records may be missing
	Over
}

// Over is what a walk knows of pages that it reads again.
type Over struct {
	Again  *repeat.Again `json:"again,omitempty"`  // with on_incomplete: again
	Behind *list.Behind  `json:"behind,omitempty"` // where the walk went back
}

// Known is what the API's own counts said, as last known.
type Known struct {
	Total    *int64 `json:"total,omitempty"`     // the API's own count
	Counts   string `json:"counts,omitempty"`    // what that turned out to count, "" for the records of the walk
	AllPages *int64 `json:"all_pages,omitempty"` // page with total_pages: the API's own count of pages, or noPages
	PerPage  int64  `json:"per_page,omitempty"`  // the least number of records of a page, the last one aside
	Shrunk   int64  `json:"shrunk,omitempty"`    // by how much total shrank where nothing says how pages are counted
}

// First reports whether no page came before.
func (p Position) First() bool { return p.Pages == 0 }

// Left is how many pages are to come, at least, as the API's own counts say.
func (p Position) Left() int64 {
	left := int64(1)
	if p.Export != nil {
		left = max(left, p.Export.Files-p.Export.File)
	}
	if all, ok := p.allPages(); ok {
		left = max(left, all-p.pages())
	}
	if p.Total != nil && p.Counts == "" && p.PerPage > 0 {
		left = max(left, (*p.Total-p.Records+p.PerPage-1)/p.PerPage)
	}
	return left
}

// Share is how much of the walk came before, as the API's own counts say: so many of so
// many records, or pages. It is 0 of 0 where they say nothing.
func (p Position) Share() (came, all int64) {
	if p.Total != nil && p.Counts == "" && *p.Total > 0 {
		return min(p.Records, *p.Total), *p.Total
	}
	if n, ok := p.allPages(); ok && n > 0 {
		return min(p.pages(), n), n
	}
	if p.Export != nil && p.Export.Files > 0 {
		return min(p.Export.File, p.Export.Files), p.Export.Files
	}
	return 0, 0
}

// pages is how many pages of the walk came before, or of the file of a job.
func (p Position) pages() int64 {
	switch {
	case p.Again != nil:
		return p.Pages - p.Again.At
	case p.Export != nil:
		return p.Pages - p.Export.Before
	}
	return p.Pages
}

// named is what an API named as the page at a position: a URL, or a token as
// JSON, or what that hides in base64; "" for the first page.
func (p Position) named() string {
	if p.URL != "" {
		return p.URL
	}
	if text, _ := list.Unveil(p.Token); text != "" {
		return text
	}
	return string(p.Token)
}

// noPages is the number of pages of an API whose number is none: it was 0, or
// below the page in hand, beside records.
const noPages = -1

// allPages is how many pages there are, as last known; ok is false where nobody
// knows.
func (p *Position) allPages() (n int64, ok bool) {
	if p.AllPages == nil || *p.AllPages == noPages {
		return 0, false
	}
	return *p.AllPages, true
}

// doubt notes at a position why records may be missing by then, whatever comes.
func (p *Position) doubt(d Doubt) {
	d.Keep = true
	p.Doubts = append(slices.Clip(p.Doubts), d)
}

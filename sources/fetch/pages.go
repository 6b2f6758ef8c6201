package fetch

import "fmt"

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

// ordinal is which page of the list is asked for where pages have numbers, from 1.
func (w *Walk) ordinal() int64 { return w.pos.Number - w.stream.Pagination.Start + 1 }

// pastPages reports whether a request asks for a page behind the last one of
// the API's own number.
func (w *Walk) pastPages() bool {
	all, ok := w.pos.allPages()
	return ok && all > 0 && w.pos.Behind == nil && w.ordinal() > all
}

// pages is the answer's own number of pages; it is not known either where an
// answer before has shown that it is none.
func (w *Walk) pages() (n int64, known bool, err error) {
	r := w.stream.Pagination.Ends.TotalPages
	if all := w.pos.AllPages; r.IsZero() || all != nil && *all == noPages {
		return 0, false, nil
	}
	return w.count(r, "pagination.total_pages")
}

// totalPages reads the answer's own number of pages into next, and returns how
// many records the list has lost at most, where they have become fewer.
func (w *Walk) totalPages(page *Page, next *Position) (lost int64, err error) {
	pages, known, err := w.pages()
	if err != nil || !known {
		return 0, err
	}
	n, at := int64(page.Records.Len()), w.ordinal()
	before, counted := w.pos.allPages()
	switch same := counted && before == pages; {
	case n > 0 && pages < at && (pages == 0 || !same):
		pages = noPages
		next.AllPages = &pages
		return 0, nil
	case n > 0 && pages < at:
		w.tooFew(page, pages)
	case n == 0 && w.pastPages():
		pages = max(pages, before) // many count nothing where they have nothing
	}
	w.now.pages, next.AllPages = true, &pages
	if !counted || pages >= before {
		return 0, nil
	}
	return (before-pages+1)*w.pos.PerPage - 1, nil
}

// tooFew says of a number of pages that stays the same and is exceeded that it
// is none.
func (w *Walk) tooFew(page *Page, pages int64) {
	if w.exceeded {
		return
	}
	w.exceeded = true
	page.Remarks = append(page.Remarks, fmt.Sprintf("pagination.total_pages says %d, and more pages came: it is no total (many APIs stop counting somewhere)", pages))
}

// fallenPages is the error of an answer without records that suddenly counts no
// pages.
func (w *Walk) fallenPages() error {
	pages, known, err := w.pages()
	if past, _ := w.past(); err != nil || !known || pages > 0 || past != "" {
		return nil // whoever reads the number says what is wrong with it
	}
	return fmt.Errorf("%w: 0 pages, and %s read", ErrFallen, counted(w.pos.Records, "record"))
}

// completePages checks a walk that ended against the API's own number of pages,
// and says where that is none.
func (w *Walk) completePages(next Position, n int64, end ending) {
	const key = "pagination.total_pages"
	if next.AllPages != nil && *next.AllPages == noPages {
		w.doubt(Doubt{Key: key, Value: "0, or below the page in hand, beside records", Advice: "that is no number of pages: name another path, or leave total_pages out"})
	}
	all, ok := next.allPages()
	read := w.ordinal()
	if n == 0 && !w.now.pages {
		read-- // it is no page of which the API says that there is one
	}
	if ok && read < all && next.Total == nil && !end.back {
		w.doubt(Doubt{Key: key, Contradicts: true, Value: fmt.Sprintf("%d, but the walk ends here after %s", all, counted(read, "page"))})
	}
}

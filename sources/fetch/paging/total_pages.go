package paging

import "fmt"

// ordinal is which page of the list is asked for where pages have numbers, from 1.
func (l *leg) ordinal() int64 { return l.from.Number - l.stream.Pagination.Start + 1 }

// pastPages reports whether a request asks for a page behind the last one of
// the API's own number.
func (l *leg) pastPages() bool {
	all, ok := l.from.allPages()
	return ok && all > 0 && l.from.Behind == nil && l.ordinal() > all
}

// pages is the answer's own number of pages; it is not known either where an
// answer before has shown that it is none.
func (l *leg) pages() (n int64, known bool, err error) {
	r := l.stream.Pagination.Ends.TotalPages
	if all := l.from.AllPages; r.IsZero() || all != nil && *all == noPages {
		return 0, false, nil
	}
	return l.count(r, "pagination.total_pages")
}

// totalPages reads the answer's own number of pages, and returns how many
// records the list has lost at most, where they have become fewer.
func (l *leg) totalPages() (lost int64, err error) {
	pages, known, err := l.pages()
	if err != nil || !known {
		return 0, err
	}
	at := l.ordinal()
	before, counted := l.from.allPages()
	switch same := counted && before == pages; {
	case l.n > 0 && pages < at && (pages == 0 || !same):
		pages = noPages
		l.next.AllPages = &pages
		return 0, nil
	case l.n > 0 && pages < at:
		l.exceeds("total_pages", pages, "pages")
	case l.n == 0 && l.pastPages():
		pages = max(pages, before) // many count nothing where they have nothing
	}
	l.now.pages, l.next.AllPages = true, &pages
	if !counted || pages >= before {
		return 0, nil
	}
	return (before-pages+1)*l.from.PerPage - 1, nil
}

// fallenPages is the error of an answer without records that suddenly counts no
// pages.
func (l *leg) fallenPages() error {
	pages, known, err := l.pages()
	if past, _ := l.past(); err != nil || !known || pages > 0 || past != "" {
		return nil // whoever reads the number says what is wrong with it
	}
	return fmt.Errorf("%w: 0 pages, and %s read", ErrFallen, counted(l.from.Records, "record"))
}

// completePages checks a walk that ended against the API's own number of pages,
// and says where that is none.
func (l *leg) completePages(end ending) {
	const key = "pagination.total_pages"
	if l.next.AllPages != nil && *l.next.AllPages == noPages {
		l.doubt(Doubt{Key: key, Value: "0, or below the page in hand, beside records", Advice: "that is no number of pages: name another path, or leave total_pages out"})
	}
	all, ok := l.next.allPages()
	read := l.ordinal()
	if l.n == 0 && !l.now.pages {
		read-- // it is no page of which the API says that there is one
	}
	if ok && read < all && l.next.Total == nil && !end.back {
		l.doubt(Doubt{Key: key, Contradicts: true, Value: fmt.Sprintf("%d, but the walk ends here after %s", all, counted(read, "page"))})
	}
}

package apitest

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// The styles in which clients count: None, Page, Offset, and Link, which counts
// for them.

func seekFirst(*exchange, selection) (int, *problem) { return 0, nil }

// seekPage reads ?page, from 1. Pages past the end are empty, or with Clamp the
// last one.
func seekPage(x *exchange, s selection) (int, *problem) {
	number, p := x.q.integer("page", 1, 1)
	if p != nil {
		return 0, p
	}
	last := max(0, s.len()-1) / x.q.size
	switch {
	case number-1 <= last:
		return (number - 1) * x.q.size, nil
	case x.c.Quirks.Clamp:
		return last * x.q.size, nil
	}
	return s.len(), nil
}

func seekOffset(x *exchange, s selection) (int, *problem) {
	offset, p := x.q.integer("offset", 0, 0)
	return min(offset, s.len()), p
}

// leadLink sets a Link header: first, prev where there is one, next where there
// is one, last.
func leadLink(x *exchange) []member {
	p := &x.page
	var links []string
	add := func(rel string, number int) {
		u := withParam(x.url, "page", strconv.Itoa(number))
		links = append(links, fmt.Sprintf(`<%s>; rel="%s"`, u, rel))
	}
	add("first", 1)
	if p.from > 0 {
		add("prev", p.from/p.size)
	}
	if p.more && !p.lost {
		add("next", p.next/p.size+1)
	}
	add("last", max(1, p.pages()))
	x.answer.header.Set("Link", strings.Join(links, ", "))
	return nil
}

// withParam returns a URL with one parameter set anew.
func withParam(of *url.URL, name, value string) *url.URL {
	u := clone(of)
	query := u.Query()
	query.Set(name, value)
	u.RawQuery = query.Encode()
	return u
}

// integer reads a parameter that is absent or a whole number of at least least.
func (q query) integer(name string, absent, least int) (int, *problem) {
	text := q.params.Get(name)
	if text == "" {
		return absent, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least {
		return 0, invalid(fmt.Sprintf("%s must be an integer from %d, not %s", name, least, text))
	}
	return n, nil
}

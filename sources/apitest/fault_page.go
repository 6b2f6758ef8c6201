package apitest

// The faults of pages: well-formed answers that are not what they should be.
// They strike only requests that are answered with a page.

// EmptyPage gives no records, but goes on to the next page.
func EmptyPage() Fault {
	return at(onPage, "empty", func(x *exchange) { x.page.order = []int{} })
}

// RepeatPage gives the page that was last given at this path once more, byte for
// byte but for tokens of sessions. It does nothing on the first.
func RepeatPage() Fault {
	return at(onPage, "repeat", func(x *exchange) {
		if x.previous != nil {
			x.page = x.previous.copy()
		}
	})
}

// SameToken leads from this page to this page: a token or URL that was asked for
// already is given again.
func SameToken() Fault {
	return at(onPage, "same", func(x *exchange) {
		x.page.next, x.page.more = x.page.from, true
	})
}

// DropToken leaves out where the next page is, though has_more says that there
// is one.
func DropToken() Fault {
	return at(onPage, "lost", func(x *exchange) { x.page.lost = true })
}

// EarlyEnd says that this page is the last.
func EarlyEnd() Fault {
	return at(onPage, "end", func(x *exchange) { x.page.more = false })
}

// ShortTotal says that there are by records more than there are; fewer, where by
// is negative. It is seen in collections with Total.
func ShortTotal(by int) Fault {
	return at(onPage, "total", func(x *exchange) { x.page.total += by })
}

// InvalidUTF8 gives the page's first record one more field, whose text is in
// Latin-1.
func InvalidUTF8() Fault {
	return at(onPage, "latin1", func(x *exchange) { x.page.odd = true })
}

// TruncateJSON ends the page's JSON after n bytes, or where n is negative that
// many before its end, in an answer that is whole as HTTP goes.
func TruncateJSON(n int) Fault {
	return at(onBody, "truncate", func(x *exchange) {
		x.answer.body = x.answer.body[:offset(int64(n), int64(len(x.answer.body)))]
	})
}

// BigBody makes the page n bytes long: blanks before its last byte, which cost
// no memory. It goes out uncompressed.
func BigBody(n int64) Fault {
	return at(onBody, "big", func(x *exchange) {
		x.answer.padding = max(0, n-int64(len(x.answer.body)))
	})
}

// BrokenGzip compresses the answer with gzip, whatever the request accepts, with
// a wrong checksum at its end.
func BrokenGzip(gzip *Encoding) Fault {
	return at(onWire, "gzip", func(x *exchange) {
		if x.answer.header.Get("Content-Encoding") != "gzip" {
			x.compress(gzip)
		}
		// The checksum stands in the 4 bytes before the last 4.
		b := x.answer.body
		b[len(b)-8] ^= 0xff
	})
}

package apitest

import (
	"cmp"
	"strconv"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

const jsonType = "application/json"

// member is a piece of text that an envelope carries beside the records; ""
// stands for null. Where the body is bare it goes into the header.
type member struct{ name, header, text string }

// json appends "name":"text", or "name":null.
func (m member) json(b []byte) []byte {
	b = append(append(b, raw.Quote(m.name)...), ':')
	if m.text == "" {
		return append(b, "null"...)
	}
	return append(b, raw.Quote(m.text)...)
}

// render writes the page as the answer's body.
func (x *exchange) render() {
	x.answer.status = 200
	x.answer.header.Set("Content-Type", cmp.Or(x.c.Form.Type, jsonType))
	head, tail := x.envelope()
	b := make([]byte, 0, int(x.c.bodySize.Load())+len(head)+len(tail))
	b = append(b, head...)
	b = x.records(b)
	x.answer.body = append(b, tail...)
	// Records differ in size: an eighth more spares most pages the second copy.
	x.c.bodySize.Store(int64(len(x.answer.body) + len(x.answer.body)/8))
}

// records appends the page's records, with commas between, or what the form has there.
func (x *exchange) records(b []byte) []byte {
	p, between := &x.page, cmp.Or(x.c.Form.Between, ",")
	for i := range p.len() {
		if i > 0 {
			b = append(b, between...)
		}
		start := len(b)
		b = x.c.record(b, p.at(i))
		if i == 0 && p.odd {
			b = insertLatin1(b, start)
		}
	}
	return b
}

// envelope returns what stands before and after the records.
func (x *exchange) envelope() (head, tail []byte) {
	switch {
	case x.c.Form.Envelope != nil:
		h, t := x.c.Form.Envelope(x.end())
		return []byte(h), []byte(t)
	case x.c.Style == GraphQL:
		return x.connection()
	case x.c.Form.Bare:
		x.headers()
		return []byte("["), []byte("]")
	}
	tail = []byte("]")
	if x.c.Total {
		tail = append(tail, `,"meta":{"total":`...)
		tail = strconv.AppendInt(tail, int64(x.page.total), 10)
		tail = append(tail, `,"pages":`...)
		tail = append(strconv.AppendInt(tail, int64(x.page.pages()), 10), '}')
	}
	for _, m := range x.members() {
		tail = m.json(append(tail, ','))
	}
	if x.c.Form.HasMore {
		tail = append(tail, `,"has_more":`...)
		tail = strconv.AppendBool(tail, x.page.more)
	}
	return []byte(`{"data":[`), append(tail, '}')
}

// end is what the answer may say at its end.
func (x *exchange) end() End {
	end := End{More: x.page.more, Total: x.page.total, Pages: x.page.pages()}
	if members := x.members(); len(members) > 0 {
		end.Next = members[0].text
	}
	return end
}

// headers says in headers what the envelope would.
func (x *exchange) headers() {
	h := x.answer.header
	if x.c.Total {
		h.Set("X-Total-Count", strconv.Itoa(x.page.total))
		h.Set("X-Total-Pages", strconv.Itoa(x.page.pages()))
	}
	for _, m := range x.members() {
		if m.text != "" {
			h.Set(m.header, m.text)
		}
	}
	if x.c.Form.HasMore {
		h.Set("X-Has-More", strconv.FormatBool(x.page.more))
	}
}

// members asks the style where the next page is.
func (x *exchange) members() []member {
	if lead := pagers[x.c.Style].lead; lead != nil {
		return lead(x)
	}
	return nil
}

// insertLatin1 gives the record at start a field whose value is not UTF-8.
func insertLatin1(b []byte, start int) []byte {
	if start >= len(b) || b[start] != '{' {
		return b
	}
	rest := string(b[start+1:])
	b = append(b[:start+1], "\"latin1\":\"caf\xe9\""...)
	if rest != "}" {
		b = append(b, ',')
	}
	return append(b, rest...)
}

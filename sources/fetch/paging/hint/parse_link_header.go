package hint

import "strings"

// Link returns the target of the first link of relation rel in Link
// headers (RFC 8288), "" if there is none. It reports false where there is
// none, but a header holds something that is no well-formed link: then nobody
// knows.
func Link(headers []string, rel string) (target string, ok bool) {
	ok = true
	for _, h := range headers {
		for h = skipEmpty(h); h != ""; h = skipEmpty(h) {
			l := nextLink(h)
			next := l.ok && hasRelation(l.rels, rel) && !l.other
			if next && l.target != "" {
				return l.target, true
			}
			ok = ok && l.ok && !l.odd && !next
			h = l.rest
		}
	}
	return "", ok
}

func hasRelation(rels, rel string) bool {
	for r := range strings.FieldsSeq(rels) {
		if strings.EqualFold(r, rel) {
			return true
		}
	}
	return false
}

// skipEmpty takes empty elements off a list, which RFC 9110, 5.6.1 allows.
func skipEmpty(h string) string { return strings.TrimLeft(h, " \t,") }

// link is the first one of a header.
type link struct {
	target string
	rels   string // the value of its rel parameter
	other  bool   // its anchor says that it is a link of another resource
	rest   string // of the header
	ok     bool   // it can be read
	odd    bool   // a parameter is not well formed: what it swallowed may be another link
}

// nextLink takes the first link off a header. Of a malformed one the rest
// begins behind the next comma.
func nextLink(h string) link {
	if h[0] != '<' {
		_, rest, _ := strings.Cut(h, ",")
		return link{rest: rest}
	}
	end := strings.IndexByte(h, '>')
	if end < 0 {
		return link{} // nor does a later one end
	}
	l := link{target: strings.TrimSpace(h[1:end])}
	h = h[end+1:]
	hasRel := false
	for {
		h = strings.TrimLeft(h, " \t")
		if h == "" || h[0] != ';' {
			break
		}
		var name, value string
		var odd bool
		name, value, h, odd = nextParam(h[1:])
		l.odd = l.odd || odd
		if strings.EqualFold(name, "rel") && !hasRel { // of several the first counts
			l.rels, hasRel = value, true
		}
		l.other = l.other || strings.EqualFold(name, "anchor") && value != ""
	}
	l.ok = h == "" || h[0] == ','
	_, l.rest, _ = strings.Cut(h, ",")
	return l
}

// nextParam takes name=value or name="value" off a header. One that is odd has
// signs in it that belong to no name and no bare value, or is not closed.
func nextParam(h string) (name, value, rest string, odd bool) {
	const signs = `<>"`
	end := strings.IndexAny(h, "=;,")
	if end < 0 {
		return strings.TrimSpace(h), "", "", strings.ContainsAny(h, signs)
	}
	name = strings.TrimSpace(h[:end])
	odd = strings.ContainsAny(name, signs)
	if h[end] != '=' {
		return name, "", h[end:], odd
	}
	h = strings.TrimLeft(h[end+1:], " \t")
	if value, rest, ok := unquoteSingle(h); ok {
		return name, value, rest, odd
	}
	if h == "" || h[0] != '"' {
		end := strings.IndexAny(h, ";,")
		if end < 0 {
			end = len(h)
		}
		value = strings.TrimSpace(h[:end])
		return name, value, h[end:], odd || strings.ContainsAny(value, signs) || strings.HasPrefix(value, "'")
	}
	value, rest, closed := unquote(h)
	return name, value, rest, odd || !closed
}

// unquote takes a quoted string off a header. One that is not closed reaches
// to the end.
func unquote(h string) (value, rest string, closed bool) {
	var b strings.Builder
	for i := 1; i < len(h); i++ {
		switch h[i] {
		case '\\':
			if i++; i < len(h) {
				b.WriteByte(h[i])
			}
		case '"':
			return b.String(), h[i+1:], true
		default:
			b.WriteByte(h[i])
		}
	}
	return b.String(), "", false
}

// unquoteSingle takes a value in single quotes off a header: the RFC knows none,
// and some APIs write them.
func unquoteSingle(h string) (value, rest string, ok bool) {
	if h == "" || h[0] != '\'' {
		return "", h, false
	}
	end := strings.IndexByte(h[1:], '\'')
	if end < 0 {
		return "", h, false
	}
	value, rest = h[1:1+end], h[end+2:]
	after := strings.TrimLeft(rest, " \t")
	return value, rest, after == "" || after[0] == ';' || after[0] == ','
}

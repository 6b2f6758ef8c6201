package fetch

import "strings"

// linkTarget returns the target of the first link of relation rel in Link
// headers (RFC 8288), "" if there is none.
func linkTarget(headers []string, rel string) string {
	for _, h := range headers {
		for h != "" {
			var target, rels string
			target, rels, h = nextLink(h)
			for r := range strings.FieldsSeq(rels) {
				if strings.EqualFold(r, rel) && target != "" {
					return target
				}
			}
		}
	}
	return ""
}

// nextLink takes the first link off a header: its target, the value of its
// rel parameter, and what follows. What is malformed is passed over.
func nextLink(h string) (target, rels, rest string) {
	open := strings.IndexByte(h, '<')
	if open < 0 {
		return "", "", ""
	}
	h = h[open+1:]
	end := strings.IndexByte(h, '>')
	if end < 0 {
		return "", "", ""
	}
	target, h = strings.TrimSpace(h[:end]), h[end+1:]
	for {
		h = strings.TrimLeft(h, " \t")
		if h == "" || h[0] != ';' {
			break
		}
		var name, value string
		name, value, h = nextParam(h[1:])
		if strings.EqualFold(name, "rel") && rels == "" {
			rels = value
		}
	}
	if comma := strings.IndexByte(h, ','); comma >= 0 {
		return target, rels, h[comma+1:]
	}
	return target, rels, ""
}

// nextParam takes name=value or name="value" off a header.
func nextParam(h string) (name, value, rest string) {
	end := strings.IndexAny(h, "=;,")
	if end < 0 {
		return strings.TrimSpace(h), "", ""
	}
	name = strings.TrimSpace(h[:end])
	if h[end] != '=' {
		return name, "", h[end:]
	}
	h = strings.TrimLeft(h[end+1:], " \t")
	if h == "" || h[0] != '"' {
		end := strings.IndexAny(h, ";,")
		if end < 0 {
			end = len(h)
		}
		return name, strings.TrimSpace(h[:end]), h[end:]
	}
	var b strings.Builder
	for i := 1; i < len(h); i++ {
		switch h[i] {
		case '\\':
			if i++; i < len(h) {
				b.WriteByte(h[i])
			}
		case '"':
			return name, b.String(), h[i+1:]
		default:
			b.WriteByte(h[i])
		}
	}
	return name, b.String(), ""
}

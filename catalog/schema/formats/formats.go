package formats

import "bytes"

// Sign returns an easy sign that a text is of a format; nil where there is none.
func Sign(format string) func(text []byte) bool { return signs[format] }

var signs = map[string]func(text []byte) bool{
	"date-time":     IsInstant,
	"date":          isDate,
	"time":          isTime,
	"email":         isEmail,
	"idn-email":     isEmail,
	"uri":           isURI,
	"iri":           isURI,
	"uri-reference": isURI,
	"iri-reference": isURI,
	"uuid":          isUUID,
	"ipv4":          isIPv4,
	"hostname":      isHostname,
}

func isDate(text []byte) bool {
	return len(text) == len("dddd-dd-dd") && matches(text, "dddd-dd-dd") &&
		isDay(digits(text)*100+digits(text[2:]), digits(text[5:]), digits(text[8:]))
}

func isTime(text []byte) bool {
	const layout = "dd:dd:dd"
	return matches(text, layout) && (len(text) == len(layout) || isZone(text[len(layout):])) && isClock(text)
}

func isUUID(text []byte) bool {
	if len(text) != len("123e4567-e89b-12d3-a456-426614174000") {
		return false
	}
	for i, c := range text {
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case !IsDigit(c) && (c < 'a' || c > 'f'):
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// isAlnum reports whether c is a letter or a digit of ASCII.
func isAlnum(c byte) bool { return IsDigit(c) || isLetter(c) }

// isHostname takes labels of letters, digits and inner hyphens.
func isHostname(text []byte) bool {
	const longest, longestLabel = 255, 63
	if len(text) > longest {
		return false
	}
	label := 0
	for i, c := range text {
		switch {
		case isAlnum(c):
			label++
		case c == '-' && label > 0 && i+1 < len(text) && text[i+1] != '.':
			label++
		case c == '.' && label > 0:
			label = 0
			continue
		default:
			return false
		}
		if label > longestLabel {
			return false
		}
	}
	return label > 0
}

// isEmail takes addresses of plain words with dots between them.
func isEmail(text []byte) bool {
	name, host, ok := bytes.Cut(text, []byte("@"))
	if !ok || !isHostname(host) {
		return false
	}
	dot := true // a dot may not come next
	for _, c := range name {
		if c == '.' && dot || c != '.' && c != '+' && c != '-' && c != '_' && !isAlnum(c) {
			return false
		}
		dot = c == '.'
	}
	return !dot
}

// isURI takes a scheme, a host with perhaps a port, and a path, query and
// fragment of characters that mean nothing else.
func isURI(text []byte) bool {
	scheme, rest, ok := bytes.Cut(text, []byte("://"))
	if !ok || len(scheme) == 0 || !isLetter(scheme[0]) {
		return false
	}
	for _, c := range scheme {
		if !isAlnum(c) {
			return false
		}
	}
	end := bytes.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, port, _ := bytes.Cut(rest[:end], []byte(":"))
	if !isHostname(host) {
		return false
	}
	for _, c := range port {
		if !IsDigit(c) {
			return false
		}
	}
	for _, c := range rest[end:] {
		if !isAlnum(c) && bytes.IndexByte([]byte("-._~/?#=&+,;:@!$'()*"), c) < 0 {
			return false
		}
	}
	return true
}

func isIPv4(text []byte) bool {
	for n := range 4 {
		part := text
		if n < 3 {
			var ok bool
			if part, text, ok = bytes.Cut(text, []byte(".")); !ok {
				return false
			}
		}
		if len(part) == 0 || len(part) > 3 || len(part) > 1 && part[0] == '0' {
			return false
		}
		value := 0
		for _, c := range part {
			if !IsDigit(c) {
				return false
			}
			value = value*10 + int(c-'0')
		}
		if value > 255 {
			return false
		}
	}
	return true
}

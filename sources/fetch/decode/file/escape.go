package file

// plain are the bytes that stand for themselves in a JSON string.
var plain = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= ' ' && c != '"' && c != '\\'
	}
	return t
}()

// Plain reports whether a byte of a text in UTF-8 stands for itself in a JSON string.
func Plain(c byte) bool { return plain[c] }

// AppendEscaped appends a text, which is UTF-8, as it stands within a JSON string.
func AppendEscaped(dst, text []byte) []byte {
	from := 0
	for i, c := range text {
		if plain[c] {
			continue
		}
		dst = AppendEscape(append(dst, text[from:i]...), c)
		from = i + 1
	}
	return append(dst, text[from:]...)
}

// AppendEscape appends a byte that does not stand for itself in a JSON string.
func AppendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	const digits = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
}

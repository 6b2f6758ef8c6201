package apitest

import (
	"bytes"
	"encoding/json"
)

// field returns the raw value of a top-level field of a record, nil where there
// is none or where it is an object or an array. It reads what it must and judges
// nothing: rows may be broken on purpose.
func field(record []byte, name string) []byte {
	depth := 0
	for i := 0; i < len(record); {
		switch record[i] {
		case '"':
			end := stringEnd(record, i)
			if depth == 1 && isKey(record[end:]) && string(record[i+1:end-1]) == name {
				return scalar(afterColon(record[end:]))
			}
			i = end
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		i++
	}
	return nil
}

// stringEnd returns the position after the string that starts at i, at least
// i+2 or the end of b.
func stringEnd(b []byte, i int) int {
	for j := i + 1; j < len(b); j++ {
		switch b[j] {
		case '\\':
			j++
		case '"':
			return j + 1
		}
	}
	return len(b)
}

// isKey says whether rest, which follows a string, makes it a key.
func isKey(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return len(rest) > 0 && rest[0] == ':'
}

func afterColon(rest []byte) []byte {
	_, value, _ := bytes.Cut(rest, []byte(":"))
	return bytes.TrimLeft(value, " \t\r\n")
}

// scalar returns the string, number or literal that b starts with.
func scalar(b []byte) []byte {
	if len(b) == 0 || b[0] == '{' || b[0] == '[' {
		return nil
	}
	if b[0] == '"' {
		return b[:stringEnd(b, 0)]
	}
	if end := bytes.IndexAny(b, ",}] \t\r\n"); end >= 0 {
		return b[:end]
	}
	return b
}

// text returns a raw scalar without its quotes.
func text(raw []byte) string {
	if len(raw) == 0 || raw[0] != '"' {
		return string(raw)
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(bytes.Trim(raw, `"`))
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	return s
}

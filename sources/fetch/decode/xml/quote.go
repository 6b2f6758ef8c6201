package xml

import "github.com/tap-rest/tap-rest/sources/fetch/decode/file"

// appendName appends a member's name and its colon.
func appendName(dst []byte, name string) []byte {
	dst = append(dst, '"')
	dst = file.AppendEscaped(dst, []byte(name))
	return append(dst, '"', ':')
}

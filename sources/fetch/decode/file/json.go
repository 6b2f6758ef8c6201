package file

import "encoding/hex"

// Before is what stands before member i of an object.
func Before(i int) byte {
	if i == 0 {
		return '{'
	}
	return ','
}

// AppendUUID appends 16 bytes in the usual groups, as JSON.
func AppendUUID(dst, b []byte) []byte {
	dst, from := append(dst, '"'), 0
	for _, end := range [...]int{4, 6, 8, 10, 16} {
		if from > 0 {
			dst = append(dst, '-')
		}
		dst, from = hex.AppendEncode(dst, b[from:end]), end
	}
	return append(dst, '"')
}

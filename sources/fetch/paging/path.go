package paging

import (
	"bytes"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/expr"
)

// At is what stands at a gjson path in proven JSON. Nothing does in a body that
// is a scalar: gjson would look for brackets inside a string.
func At(raw []byte, path string) expr.Value {
	if c := bytes.TrimLeft(raw, " \t\r\n\uFEFF"); len(c) == 0 || c[0] != '{' && c[0] != '[' {
		return expr.Undefined()
	}
	r := gjson.GetBytes(raw, path)
	if !r.Exists() {
		return expr.Undefined()
	}
	return expr.JSON(r.Raw)
}

// Package ref evaluates what a definition reads out of answers: paths, headers and
// templates, over a body that is proven.
package ref

import (
	"bytes"
	"net/http"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// Eval evaluates a Ref over a proven answer. What is not there is
// undefined; what stands there twice, with different values, is an error.
func Eval(r sources.Ref, vars expr.Vars, body []byte, h http.Header) (expr.Value, error) {
	switch {
	case r.Template != nil:
		return r.Template.Eval(vars)
	case r.Header != "":
		if h.Values(r.Header) == nil {
			return expr.Undefined(), nil
		}
		return expr.String(h.Get(r.Header)), nil
	}
	if err := twice(body, r.Path); err != nil {
		return expr.Undefined(), err
	}
	return At(body, r.Path), nil
}

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

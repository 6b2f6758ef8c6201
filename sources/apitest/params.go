package apitest

import (
	"bytes"
	"encoding/json"
	"maps"
	"mime"
	"net/url"
	"strconv"
)

// params gathers a request's parameters: those of its URL, and those of its
// body where it has one, a form or a JSON object. GraphQL's are its variables.
func (x *exchange) params(c *collection) (url.Values, *problem) {
	params := x.url.Query()
	if len(x.body) == 0 {
		return params, nil
	}
	kind, _, _ := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	if kind == "application/x-www-form-urlencoded" {
		form, err := url.ParseQuery(string(x.body))
		if err != nil {
			return nil, &problem{400, "invalid_body", "the body is no form"}
		}
		maps.Copy(params, form)
		return params, nil
	}
	object, p := decodeObject(x.body)
	if p != nil {
		return nil, p
	}
	if c != nil && c.Style == GraphQL {
		if text, _ := object["query"].(string); text == "" {
			return nil, &problem{400, "invalid_body", "the body has no query"}
		}
		object, _ = object["variables"].(map[string]any)
	}
	for name, value := range object {
		if text, ok := scalarText(value); ok {
			params.Set(name, text)
		}
	}
	return params, nil
}

func decodeObject(body []byte) (map[string]any, *problem) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var object map[string]any
	if err := d.Decode(&object); err != nil {
		return nil, &problem{400, "invalid_body", "the body is no JSON object"}
	}
	return object, nil
}

// scalarText returns a JSON scalar as a parameter's text, and of an array that of
// its last element, as search_after ends with the key; false for null and objects.
func scalarText(v any) (string, bool) {
	switch v := v.(type) {
	case []any:
		if len(v) > 0 {
			return scalarText(v[len(v)-1])
		}
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

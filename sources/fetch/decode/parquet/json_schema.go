//go:build !small

package parquet

// jsonTypes are the schemas of values by their kind. Floats may be null everywhere: NaN
// becomes that.
var jsonTypes = [...]struct{ name, more string }{
	kindBytes:    {"string", `"contentEncoding":"base64"`},
	kindBoolean:  {"boolean", ""},
	kindInt32:    {"integer", ""},
	kindInt64:    {"integer", ""},
	kindUint32:   {"integer", `"minimum":0`},
	kindUint64:   {"integer", `"minimum":0`},
	kindFloat16:  {"number", ""},
	kindFloat32:  {"number", ""},
	kindFloat64:  {"number", ""},
	kindDecimal:  {"number", ""},
	kindText:     {"string", ""},
	kindJSON:     {"", ""},
	kindUUID:     {"string", `"format":"uuid"`},
	kindDate:     {"string", `"format":"date"`},
	kindTime:     {"string", `"format":"time"`},
	kindLocal:    {"string", ""},
	kindInstant:  {"string", `"format":"date-time"`},
	kindInt96:    {"string", ""},
	kindInterval: {"string", ""},
	kindNull:     {"null", ""},
}

// schemaOf appends the JSON Schema of a node.
func (r *records) schemaOf(dst []byte, n *node) []byte {
	dst = append(dst, '{')
	switch n.shape {
	case shapeValue:
		dst = r.schemaOfValue(dst, n)
	case shapeObject:
		dst = appendType(dst, "object", n.nullable)
		dst = r.schemaOfFields(dst, n)
	case shapeMap:
		dst = appendType(dst, "object", n.nullable)
		dst = r.schemaOf(append(dst, `,"additionalProperties":`...), n.fields[1])
	case shapeEntries:
		dst = appendType(dst, "array", n.nullable)
		dst = append(dst, `,"items":{"type":"object"`...)
		dst = append(r.schemaOfFields(dst, n), '}')
	case shapeList:
		dst = appendType(dst, "array", n.nullable)
		dst = r.schemaOf(append(dst, `,"items":`...), n.fields[0])
	}
	return append(dst, '}')
}

func (r *records) schemaOfFields(dst []byte, n *node) []byte {
	dst = append(dst, `,"properties":{`...)
	for _, field := range n.fields {
		dst = r.schemaOf(append(dst, field.key...), field)
	}
	return append(dst, '}')
}

func (r *records) schemaOfValue(dst []byte, n *node) []byte {
	k := r.columns[n.first].kind
	t := jsonTypes[k]
	if t.name == "" {
		return dst
	}
	isFloat := k == kindFloat16 || k == kindFloat32 || k == kindFloat64
	dst = appendType(dst, t.name, k != kindNull && (n.nullable || isFloat))
	if t.more != "" {
		dst = append(append(dst, ','), t.more...)
	}
	return dst
}

func appendType(dst []byte, name string, nullable bool) []byte {
	if nullable {
		return append(append(append(dst, `"type":["null","`...), name...), `"]`...)
	}
	return append(append(append(dst, `"type":"`...), name...), '"')
}

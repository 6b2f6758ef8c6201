package schema

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// sample is a random schema and how to make values for it: some that fit, some
// that just do not.
type sample struct {
	text   string
	value  func(depth int) string
	fields func(depth int) []field // what an object should hold; nil where it has no say
}

// part is one keyword of a schema, or two that belong together. Its functions
// may be nil.
type part struct {
	kind   string // the type that it is about; "" is any
	text   string // `"minimum":1`
	value  func(depth int) string
	fields func(depth int) []field
}

// keywordParts returns what makes a part for each keyword. Those about several
// schemas get one level less of depth for them.
func keywordParts() map[string]func(m *maker, depth int) part {
	return map[string]func(m *maker, depth int) part{
		"type":                 (*maker).typePart,
		"properties":           (*maker).propertiesPart,
		"required":             (*maker).requiredPart,
		"additionalProperties": (*maker).additionalPropertiesPart,
		"patternProperties":    (*maker).patternPropertiesPart,
		"propertyNames":        (*maker).propertyNamesPart,
		"minProperties":        func(m *maker, _ int) part { return m.sizePart("minProperties", "object") },
		"maxProperties":        func(m *maker, _ int) part { return m.sizePart("maxProperties", "object") },
		"dependencies":         (*maker).dependenciesPart,
		"items":                (*maker).itemsPart,
		"tuple":                (*maker).tuplePart,
		"contains":             (*maker).containsPart,
		"minItems":             func(m *maker, _ int) part { return m.sizePart("minItems", "array") },
		"maxItems":             func(m *maker, _ int) part { return m.sizePart("maxItems", "array") },
		"uniqueItems":          (*maker).uniqueItemsPart,
		"enum":                 (*maker).enumPart,
		"const":                (*maker).constPart,
		"minimum":              func(m *maker, _ int) part { return m.limitPart("minimum", "exclusiveMinimum") },
		"maximum":              func(m *maker, _ int) part { return m.limitPart("maximum", "exclusiveMaximum") },
		"multipleOf":           (*maker).multiplePart,
		"minLength":            func(m *maker, _ int) part { return m.sizePart("minLength", "string") },
		"maxLength":            func(m *maker, _ int) part { return m.sizePart("maxLength", "string") },
		"pattern":              (*maker).patternPart,
		"format":               (*maker).formatPart,
		"anyOf":                func(m *maker, depth int) part { return m.branchesPart("anyOf", depth) },
		"oneOf":                func(m *maker, depth int) part { return m.branchesPart("oneOf", depth) },
		"allOf":                func(m *maker, depth int) part { return m.branchesPart("allOf", depth) },
		"not":                  (*maker).notPart,
		"if":                   (*maker).ifPart,
		"$ref":                 (*maker).refPart,
		"boolean":              (*maker).booleanPart,
		"wide":                 (*maker).widePart,
	}
}

var (
	flatKeywords = []string{"type", "type", "required", "minProperties", "maxProperties", "minItems", "maxItems", "uniqueItems", "enum", "const", "minimum", "maximum", "multipleOf", "minLength", "maxLength", "pattern", "format", "$ref"}
	kindNames    = []string{"null", "string", "object", "array", "boolean", "integer", "number"}
)

var draftNames = []string{"", "", "http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-06/schema#", "http://json-schema.org/draft-07/schema#", "http://json-schema.org/draft-07/schema", "https://json-schema.org/draft/2020-12/schema"}

func (m *maker) isDraft4() bool { return strings.Contains(m.draft, "-04") }

// document makes a whole schema for records with the given keyword, somewhere
// near its top; "" is any.
func (m *maker) document(keyword string) *sample {
	m.draft, m.shared = pick(m, draftNames), nil
	for range 1 + m.IntN(2) {
		m.shared = append(m.shared, m.schema(1))
	}
	var root *sample
	if keyword == "" {
		root = m.recordSchema(3)
	} else {
		root = m.holder(keyword)
	}
	var members []string
	if m.draft != "" {
		members = append(members, `"$schema":`+strconv.Quote(m.draft))
	}
	var definitions []string
	for i, s := range m.shared {
		definitions = append(definitions, fmt.Sprintf(`"%d":%s`, i, s.text))
	}
	members = append(members, `"definitions":{`+strings.Join(definitions, ",")+`}`)
	if inner := strings.TrimSuffix(strings.TrimPrefix(root.text, "{"), "}"); inner != "" {
		members = append(members, inner)
	}
	return &sample{`{` + strings.Join(members, ",") + `}`, root.value, root.fields}
}

// holder makes a schema for records whose field v meets a schema with the
// keyword, or is that schema itself where the keyword is about objects.
func (m *maker) holder(keyword string) *sample {
	inner := m.schemaOf(1, keyword)
	if m.chance(30) {
		inner = m.wrapped(inner)
	}
	if inner.fields != nil && m.chance(40) {
		return m.asRecord(inner)
	}
	value := func(depth int) string { return m.object([]field{{m.quote("v"), inner.value(depth)}}) }
	return &sample{text: `{"properties":{"v":` + inner.text + `}}`, value: value}
}

// wrapped puts the schema where its refusal counts as much as its consent.
func (m *maker) wrapped(s *sample) *sample {
	text := pick(m, []string{
		`{"not":%s}`, `{"not":{"not":%s}}`, `{"anyOf":[%s,{"type":"null"}]}`, `{"oneOf":[{"type":["string","number","array"]},%s]}`, `{"oneOf":[%s,true,%[1]s]}`,
		`{"if":%s,"then":false}`, `{"if":%s,"else":false}`, `{"if":%s,"then":{"type":"string"},"else":{"type":["number","array"]}}`, `{"allOf":[%s,{}]}`, `{"not":{"anyOf":[{"type":"null"},%s]}}`, `{"not":{"allOf":[%s,{"not":{"type":"null"}}]}}`,
	})
	if m.isDraft4() {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "false", `{"not":{}}`), "true", "{}")
	}
	return &sample{fmt.Sprintf(text, s.text), s.value, s.fields}
}

// asRecord returns the sample with values that are objects.
func (m *maker) asRecord(s *sample) *sample {
	value := func(depth int) string {
		if s.fields != nil && m.chance(90) {
			return m.objectOf(s.fields, depth)
		}
		if v := s.value(depth); strings.HasPrefix(v, "{") {
			return v
		}
		return m.objectOf(s.fields, depth)
	}
	return &sample{s.text, value, s.fields}
}

// objectOf writes an object with most of the fields, and others at times.
func (m *maker) objectOf(fields func(int) []field, depth int) string {
	var some []field
	seen, keep := map[string]bool{}, pick(m, []int{85, 85, 100})
	if fields != nil && depth > -3 {
		for _, f := range fields(depth) {
			if name := unquoted(f.name); !seen[name] && m.chance(keep) {
				seen[name] = true
				some = append(some, f)
			}
		}
	}
	for m.chance(20) {
		if name := m.name(); !seen[name] {
			seen[name] = true
			some = append(some, field{m.quote(name), m.anyValue(1)})
		}
	}
	return m.object(some)
}

func (m *maker) recordSchema(depth int) *sample {
	return m.asRecord(m.schemaOf(depth, pick(m, []string{"properties", "properties", "properties", "additionalProperties", "patternProperties", "dependencies", "anyOf", "oneOf", "allOf", "not", "if", "$ref"})))
}

// schema makes any schema.
func (m *maker) schema(depth int) *sample {
	if m.chance(5) {
		return &sample{text: "{}", value: m.anyValue}
	}
	if depth <= 0 {
		return m.schemaOf(depth, pick(m, flatKeywords))
	}
	return m.schemaOf(depth, pick(m, m.names))
}

// schemaOf makes a schema with the keyword and perhaps some more.
func (m *maker) schemaOf(depth int, keyword string) *sample {
	if keyword == "boolean" {
		if m.isDraft4() {
			return &sample{text: "{}", value: m.anyValue}
		}
		return &sample{text: pick(m, []string{"true", "true", "false"}), value: m.anyValue}
	}
	parts := []part{m.keywords[keyword](m, depth)}
	names := map[string]bool{keyword: true, "items": keyword == "tuple", "tuple": keyword == "items", "boolean": true, "type": true, "$ref": m.chance(97)}
	for m.chance(40) && len(parts) < 4 {
		from := m.names
		if depth <= 0 {
			from = flatKeywords
		}
		name := pick(m, from)
		if names[name] {
			continue
		}
		names[name], names["items"], names["tuple"] = true, names["items"] || name == "tuple", names["tuple"] || name == "items"
		if p := m.keywords[name](m, depth); p.kind == parts[0].kind || p.kind == "" || parts[0].kind == "" || m.chance(15) {
			parts = append(parts, p)
		}
	}
	if keyword != "type" && m.chance(50) {
		parts = append(parts, m.typeFor(parts))
	}
	return m.sampleOf(parts)
}

// typeFor makes the keyword type for values of the parts.
func (m *maker) typeFor(parts []part) part {
	var kinds []string
	for _, p := range parts {
		if p.kind != "" {
			kinds = append(kinds, `"`+p.kind+`"`)
		}
	}
	if m.chance(40) || len(kinds) == 0 {
		kinds = append(kinds, `"`+pick(m, kindNames)+`"`)
	}
	if m.chance(30) {
		kinds = append(kinds, `"null"`)
	}
	kinds = distinct(kinds)
	if len(kinds) == 1 && m.chance(70) {
		return part{text: `"type":` + kinds[0]}
	}
	return part{text: `"type":[` + strings.Join(kinds, ",") + `]`}
}

func (m *maker) sampleOf(parts []part) *sample {
	var texts []string
	var withValue []part
	var fieldMakers []func(int) []field
	for _, p := range parts {
		texts = append(texts, p.text)
		if p.value != nil {
			withValue = append(withValue, p)
		}
		if p.fields != nil {
			fieldMakers = append(fieldMakers, p.fields)
		}
	}
	m.Shuffle(len(texts), func(i, k int) { texts[i], texts[k] = texts[k], texts[i] })
	s := &sample{text: `{` + strings.Join(texts, ",") + `}`}
	if fieldMakers != nil {
		s.fields = func(depth int) []field {
			var all []field
			for _, make := range fieldMakers {
				all = append(all, make(depth)...)
			}
			return all
		}
	}
	s.value = func(depth int) string {
		switch {
		case depth < -3 || m.chance(5):
			return m.anyValue(0)
		case s.fields != nil && (withValue == nil || m.chance(70)):
			return m.objectOf(s.fields, depth)
		case withValue == nil:
			return m.anyValue(1)
		}
		return pick(m, withValue).value(depth)
	}
	return s
}

func (m *maker) typePart(int) part {
	kinds := distinct([]string{pick(m, kindNames), pick(m, kindNames), pick(m, kindNames)}[:1+m.IntN(3)])
	text := `"type":["` + strings.Join(kinds, `","`) + `"]`
	if len(kinds) == 1 && m.chance(70) {
		text = `"type":"` + kinds[0] + `"`
	}
	return part{text: text, value: func(depth int) string { return m.valueOfKind(pick(m, kinds), depth) }}
}

func (m *maker) valueOfKind(kind string, depth int) string {
	switch kind {
	case "null":
		return "null"
	case "boolean":
		return pick(m, []string{"true", "false"})
	case "string":
		return m.text()
	case "object":
		return m.object([]field{{m.quote(m.name()), m.anyValue(depth - 1)}}[:m.IntN(2)])
	case "array":
		return m.join("[", []string{m.anyValue(depth - 1), m.anyValue(depth - 1)}[:m.IntN(3)], "]")
	case "integer":
		return m.sameNumber(pick(m, []string{"0", "-0", "1", "12", "-700", "9223372036854775808", "1e3", "1.0", "1.5", "150e-1", "151e-1", "1e-2"}))
	default:
		return m.number()
	}
}

// schemasByName makes one to three members whose values are schemas.
func (m *maker) schemasByName(depth int, name func() string) (names []string, schemas []*sample, text string) {
	var texts []string
	for range 1 + m.IntN(3) {
		n := name()
		if !contains(names, n) {
			names, schemas = append(names, n), append(schemas, m.schema(depth-1))
			texts = append(texts, m.quote(n)+`:`+schemas[len(schemas)-1].text)
		}
	}
	return names, schemas, `{` + strings.Join(texts, ",") + `}`
}

func (m *maker) propertiesPart(depth int) part {
	names, schemas, text := m.schemasByName(depth, m.name)
	return part{kind: "object", text: `"properties":` + text, fields: func(depth int) (fields []field) {
		for i, name := range names {
			fields = append(fields, field{m.quote(name), schemas[i].value(depth - 1)})
		}
		return fields
	}}
}

func (m *maker) someNames() []string {
	return distinct([]string{m.name(), m.name(), m.name()}[:1+m.IntN(3)])
}

func (m *maker) quoteAll(names []string) string {
	var quoted []string
	for _, name := range names {
		quoted = append(quoted, m.quote(name))
	}
	return `[` + strings.Join(quoted, ",") + `]`
}

func (m *maker) requiredPart(int) part {
	names := m.someNames()
	return part{kind: "object", text: `"required":` + m.quoteAll(names), fields: func(int) (fields []field) {
		for _, name := range names {
			fields = append(fields, field{m.quote(name), m.anyValue(0)})
		}
		return fields
	}}
}

func (m *maker) additionalPropertiesPart(depth int) part {
	if m.chance(40) {
		return part{kind: "object", text: `"additionalProperties":` + pick(m, []string{"true", "false", "false"}), fields: func(int) []field { return nil }}
	}
	s := m.schema(depth - 1)
	return part{kind: "object", text: `"additionalProperties":` + s.text, fields: func(depth int) []field {
		return []field{{m.quote(m.name()), s.value(depth - 1)}, {m.quote("w"), s.value(depth - 1)}}
	}}
}

// patterns are regular expressions and texts at the border of what they match.
var patterns = []struct {
	text  string
	tries []string
}{
	{`^a`, []string{"a", "ab", "ba", "A", ""}},
	{`b$`, []string{"b", "ab", "b\n", "ba"}},
	{`^[a-c]+$`, []string{"abc", "abcd", "a\n", "", "A"}},
	{`[0-9]+`, []string{"0", "x1y", "x", "٣"}},
	{`^\d{4}-\d{2}$`, []string{"2024-01", "2024-1", "٢٠٢٤-٠١"}},
	{`^$`, []string{"", "a", "\n"}},
	{`.`, []string{"", "\n", "a", "�"}},
	{`^.{2}$`, []string{"ab", "é", "éé", "😀", "😀😀", "e\u0301", "�a"}},
	{`é`, []string{"é", "e\u0301", "É"}},
	{`(?i)^straße$`, []string{"straße", "STRASSE", "STRAßE"}},
	{`(?i)k`, []string{"k", "K", "\u212a", "x"}},
	{`^\p{L}+$`, []string{"aé世", "a1", "�"}},
	{`^[^"\\]*$`, []string{"a", "\"", "\\", "a\\b"}},
	{`^(a|b)*c?$`, []string{"", "abab", "abc", "ac b"}},
	{`\bfoo\b`, []string{"foo", "a foo b", "foobar", "éfoo"}},
	{`^v`, []string{"v", "vv", "av"}},
	{``, []string{"", "a"}},
	{`�`, []string{"�", "a", "a�"}},
	{`^\x{1F600}$`, []string{"😀", "\U0001f601"}},
	{`^a.c$`, []string{"abc", "a\nc", "a\u2028c"}},
	{`(?s)^a.c$`, []string{"abc", "a\nc"}},
	{`(?m)^b$`, []string{"b", "a\nb", "ab"}},
	{`^(?:\+|-)?[1-9][0-9]*$`, []string{"12", "+12", "012", "-0"}},
	{`^[A-Z]{2,3}$`, []string{"AB", "ABC", "ABCD", "A", "ab"}},
	{`^https?://`, []string{"http://a", "https://", "ftp://a"}},
	{`^\S+@\S+\.\S+$`, []string{"a@b.c", "a@b", "a b@c.d"}},
}

func (m *maker) patternPropertiesPart(depth int) part {
	var names []string
	_, schemas, text := m.schemasByName(depth, func() string {
		p := pick(m, patterns)
		names = append(names, p.tries...)
		return p.text
	})
	return part{kind: "object", text: `"patternProperties":` + text, fields: func(depth int) (fields []field) {
		for range 1 + m.IntN(3) {
			fields = append(fields, field{m.quote(pick(m, names)), pick(m, schemas).value(depth - 1)})
		}
		return fields
	}}
}

func (m *maker) propertyNamesPart(depth int) part {
	s := m.schemaOf(0, pick(m, []string{"pattern", "maxLength", "minLength", "enum", "const", "format", "type"}))
	return part{kind: "object", text: `"propertyNames":` + s.text, fields: func(depth int) (fields []field) {
		for range m.IntN(4) {
			if name := s.value(depth); name[0] == '"' {
				fields = append(fields, field{name, m.anyValue(0)})
			}
		}
		return fields
	}}
}

func (m *maker) dependenciesPart(depth int) part {
	name, names := m.name(), m.someNames()
	fields := func(depth int) []field {
		all := []field{{m.quote(name), m.anyValue(0)}}
		for _, n := range names {
			all = append(all, field{m.quote(n), m.anyValue(0)})
		}
		return all
	}
	if m.chance(50) {
		return part{kind: "object", text: `"dependencies":{` + m.quote(name) + `:` + m.quoteAll(names) + `}`, fields: fields}
	}
	s := m.schemaOf(depth-1, pick(m, []string{"required", "properties", "maxProperties", "not", "additionalProperties"}))
	return part{kind: "object", text: `"dependencies":{` + m.quote(name) + `:` + s.text + `}`, fields: func(depth int) []field {
		if s.fields == nil {
			return fields(depth)
		}
		return append(s.fields(depth), field{m.quote(name), m.anyValue(0)})
	}}
}

// hugeSizes are beyond what anything has, and wrap if they are multiplied.
var hugeSizes = []string{"9223372036854775807", "4611686018427387904", "2305843009213693953", "4294967297"}

// sizePart makes a keyword that counts: fields, items or characters.
func (m *maker) sizePart(keyword, kind string) part {
	size := m.IntN(4)
	p := part{kind: kind, text: fmt.Sprintf(`"%s":%d`, keyword, size)}
	if m.chance(4) {
		p.text = fmt.Sprintf(`"%s":%s`, keyword, pick(m, hugeSizes))
	}
	p.value = func(depth int) string {
		n := max(0, size+m.IntN(3)-1)
		switch kind {
		case "string":
			return m.quote(m.runes(n))
		case "array":
			var items []string
			for range n {
				items = append(items, m.anyValue(depth-2))
			}
			return m.join("[", items, "]")
		}
		var fields []field
		for range n {
			fields = append(fields, field{m.quote(m.name()), m.anyValue(depth - 2)})
		}
		return m.object(fields)
	}
	if kind == "object" {
		p.fields = func(int) (fields []field) {
			for range max(0, size+m.IntN(3)-1) {
				fields = append(fields, field{m.quote(m.name()), m.anyValue(0)})
			}
			return fields
		}
	}
	return p
}

func (m *maker) itemsPart(depth int) part {
	s := m.schema(depth - 1)
	text := `"items":` + s.text
	if m.chance(10) {
		text += `,"additionalItems":false`
	}
	return part{kind: "array", text: text, value: func(depth int) string {
		var items []string
		for range m.IntN(4) {
			items = append(items, s.value(depth-1))
		}
		return m.join("[", items, "]")
	}}
}

func (m *maker) tuplePart(depth int) part {
	var schemas []*sample
	var texts []string
	for range m.IntN(4) {
		schemas = append(schemas, m.schema(depth-1))
		texts = append(texts, schemas[len(schemas)-1].text)
	}
	text, rest := `"items":[`+strings.Join(texts, ",")+`]`, &sample{value: m.anyValue}
	switch m.IntN(3) {
	case 0:
		text += `,"additionalItems":` + pick(m, []string{"true", "false", "false"})
	case 1:
		rest = m.schema(depth - 1)
		text += `,"additionalItems":` + rest.text
	}
	return part{kind: "array", text: text, value: func(depth int) string {
		var items []string
		for i := range m.IntN(len(schemas) + 3) {
			if i < len(schemas) {
				items = append(items, schemas[i].value(depth-1))
			} else {
				items = append(items, rest.value(depth-1))
			}
		}
		return m.join("[", items, "]")
	}}
}

func (m *maker) containsPart(depth int) part {
	s := m.schema(depth - 1)
	return part{kind: "array", text: `"contains":` + s.text, value: func(depth int) string {
		var items []string
		for range m.IntN(4) {
			items = append(items, pick(m, []string{m.anyValue(0), s.value(depth - 1)}))
		}
		return m.join("[", items, "]")
	}}
}

// twins are values of which some are equal, however they are written.
var twins = []string{"1", "1.0", "1e0", "0", "-0", "0.0", `"a"`, `"b"`, `"1"`, "null", "true", "false", "[]", "[1]", "[1.0]", "[[1]]", "{}", `{"a":1,"b":2}`, `{"b":2,"a":1.0}`, `{"a":1}`, `"�"`, `"é"`, `"é"`, "9007199254740992", "9007199254740993", `["a",null]`, `"<"`}

func (m *maker) uniqueItemsPart(int) part {
	return part{kind: "array", text: `"uniqueItems":` + pick(m, []string{"true", "true", "true", "false"}), value: func(int) string {
		var items []string
		for range m.IntN(pick(m, []int{3, 5, 12})) {
			items = append(items, m.respell(pick(m, twins)))
		}
		if m.chance(3) {
			items = append(items, pick(m, wildNumbers))
		}
		return m.join("[", items, "]")
	}}
}

func (m *maker) constant() string {
	if m.chance(50) {
		return pick(m, twins)
	}
	return m.anyValue(2)
}

func (m *maker) likeOneOf(constants []string) string {
	c := pick(m, constants)
	if m.chance(70) {
		return m.respell(c)
	}
	return m.mutate(c)
}

func (m *maker) enumPart(int) part {
	var constants []string
	for range 1 + m.IntN(4) {
		constants = append(constants, m.constant())
	}
	constants = distinct(constants)
	return part{text: `"enum":[` + strings.Join(constants, ",") + `]`, value: func(int) string { return m.likeOneOf(constants) }}
}

func (m *maker) constPart(int) part {
	constants := []string{m.constant()}
	return part{text: `"const":` + constants[0], value: func(int) string { return m.likeOneOf(constants) }}
}

// limitPart makes minimum or maximum, in the forms that the draft knows.
func (m *maker) limitPart(keyword, exclusive string) part {
	limit := m.near(pick(m, limits))
	text := `"` + keyword + `":` + limit
	switch m.IntN(3) {
	case 0:
		if m.isDraft4() || m.draft == "" && m.chance(50) {
			text += `,"` + exclusive + `":` + pick(m, []string{"true", "true", "false"})
		} else {
			text = `"` + exclusive + `":` + limit
		}
	case 1:
		if !m.isDraft4() {
			text += `,"` + exclusive + `":` + m.near(limit)
		}
	}
	return part{kind: "number", text: text, value: func(int) string { return m.near(limit) }}
}

var multiples = []string{"0.01", "0.01", "0.1", "1", "2", "3", "0.5", "1e-3", "1e2", "0.3", "7", "0.0000001", "1e-10", "2.5", "1.10", "9007199254740993", "0.25", "100", "1.0", "12345678901234567890", "1e-20", "1e19", "1e30"}

func (m *maker) multiplePart(int) part {
	unit := pick(m, multiples)
	return part{kind: "number", text: `"multipleOf":` + m.sameNumber(unit), value: func(int) string {
		d := parseDecimal(unit)
		factor := big.NewInt(pick(m, []int64{0, 1, -1, 2, 3, 10, 100, 1999, -7, 1 << 53, 1<<62 - 1, m.Int64N(1_000_000)}))
		text := bigDecimal{new(big.Int).Mul(d.coefficient, factor), d.exponent}.String()
		if m.chance(30) {
			return m.near(text)
		}
		return m.sameNumber(text)
	}}
}

func (m *maker) patternPart(int) part {
	p := pick(m, patterns)
	return part{kind: "string", text: `"pattern":` + m.quote(p.text), value: func(int) string {
		try := pick(m, p.tries)
		if m.chance(20) {
			try = m.slip(try)
		}
		return m.quote(try)
	}}
}

func (m *maker) formatPart(int) part {
	name := pick(m, m.formats)
	return part{kind: "string", text: `"format":"` + name + `"`, value: func(int) string {
		if m.chance(5) {
			return m.anyValue(1)
		}
		return m.quote(m.formatted(name))
	}}
}

func (m *maker) branchesPart(keyword string, depth int) part {
	var branches []*sample
	var texts []string
	for range 1 + m.IntN(3) {
		b := m.schema(depth - 1)
		branches, texts = append(branches, b), append(texts, b.text)
	}
	return m.partOf(`"`+keyword+`":[`+strings.Join(texts, ",")+`]`, branches)
}

// partOf makes a part of a keyword whose schemas judge the same value.
func (m *maker) partOf(text string, schemas []*sample) part {
	p := part{text: text, value: func(depth int) string { return pick(m, schemas).value(depth - 1) }}
	var withFields []*sample
	for _, s := range schemas {
		if s.fields != nil {
			withFields = append(withFields, s)
		}
	}
	if withFields != nil {
		p.fields = func(depth int) (all []field) {
			for _, s := range withFields {
				if depth > -3 && m.chance(60) {
					all = append(all, s.fields(depth-1)...)
				}
			}
			return all
		}
	}
	return p
}

func (m *maker) notPart(depth int) part {
	s := m.schema(depth - 1)
	p := m.partOf(`"not":`+s.text, []*sample{s, s, {value: m.anyValue}})
	return p
}

func (m *maker) ifPart(depth int) part {
	schemas := []*sample{m.schema(depth - 1)}
	text := `"if":` + schemas[0].text
	for _, keyword := range []string{"then", "else"} {
		if m.chance(75) {
			s := m.schema(depth - 1)
			schemas = append(schemas, s)
			text += `,"` + keyword + `":` + s.text
		}
	}
	return m.partOf(text, schemas)
}

// refPart makes a reference to a shared schema or, where a record may nest, to
// the root.
func (m *maker) refPart(int) part {
	if m.chance(15) || len(m.shared) == 0 {
		return part{text: `"$ref":"` + pick(m, []string{"#", "#/definitions/0", "#/properties/a", "#/definitions/1/items"}) + `"`, value: m.anyValue}
	}
	i := m.IntN(len(m.shared))
	p := m.partOf(fmt.Sprintf(`"$ref":"#/definitions/%d"`, i), []*sample{m.shared[i]})
	return p
}

// widePart makes a keyword with more names than a machine word has bits.
func (m *maker) widePart(int) part {
	size := pick(m, []int{63, 64, 65, 66, 129})
	text, member, many := `"properties":{%s}`, `"k%d":{"type":["integer","null"]}`, size
	switch m.IntN(4) {
	case 0:
		text, member = `"required":[%s]`, `"k%d"`
	case 1: // few fields: the judge compiles the patterns for each of them
		text, member, many = `"patternProperties":{%s},"additionalProperties":false`, `"^k%d$":{"type":["integer","null"]}`, 4
	}
	var members []string
	for i := range size {
		members = append(members, fmt.Sprintf(member, i))
	}
	return part{kind: "object", text: fmt.Sprintf(text, strings.Join(members, ",")), fields: func(int) (fields []field) {
		for i := range many + m.IntN(2) {
			fields = append(fields, field{m.quote(fmt.Sprintf("k%d", max(0, size-1-i))), pick(m, []string{"1", "1", "1", "null"})})
		}
		if m.chance(30) {
			fields[m.IntN(many)].value = m.anyValue(0)
		}
		return fields
	}}
}

func (m *maker) booleanPart(int) part { return part{text: `"title":"none"`} }

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func distinct(list []string) (once []string) {
	for _, s := range list {
		if !contains(once, s) {
			once = append(once, s)
		}
	}
	return once
}

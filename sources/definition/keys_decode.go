package definition

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
)

var decodeObject = &object{
	name: "Decode", by: "format", others: decodeOthers,
	instead: map[string]string{
		"encoding": "charset: iso-8859-1, say, in the stream", "separator": "delimiter", "columns": "header: [id, name], where no row names them",
	},
	keys: []key{
		{name: "unpack", kind: aPacking, def: "[]", doc: "What the files are packed in, the outermost first; see Unpack."},
	},
	variants: []variant{
		{name: "auto", doc: "What `Content-Type`, names and the first bytes say; the log says what that was."},
		{name: "json", doc: "JSON, as without `decode`."},
		{name: "jsonl", doc: "JSON objects, one behind another: in lines, without them, or as a sequence (RFC 7464).", keys: []key{
			{name: "parent_id", kind: aText, doc: "The field by which a line names the parent's id, as `__parentId`; see Lines with parents."},
			{name: "lines", kind: aChoice, enum: []string{"parents", "children"}, def: "parents", doc: "With `parent_id`: which lines are the stream's records."},
		}},
		{name: "csv", doc: "Rows of fields (RFC 4180).", keys: []key{
			{name: "delimiter", kind: aCharacter, def: "`,`", doc: "What stands between fields: one ASCII character, as `;` or `\"\\t\"`."},
			{name: "quote", kind: aQuote, def: "`\"`", doc: "What stands around fields: one ASCII character, or `none`."},
			{name: "loose_quotes", kind: aBool, def: "false", doc: "A quote within a field that begins with none is text, and no error."},
			{name: "header", kind: aHeaderRow, def: "true", doc: "true: the first row names the columns. Or their names, where no row does."},
			{name: "skip_lines", kind: aCount, def: "0", doc: "Lines before the first row."},
			{name: "comment", kind: aCharacter, def: "none", doc: "Lines that begin with this character are passed over."},
			{name: "null_values", kind: aTextList, def: "[]", doc: "Fields that are null, where they are not quoted."},
		}},
		{name: "xml", doc: "A document; `records` is the path of elements."},
		{name: "parquet", doc: "Apache Parquet."},
		{name: "avro", doc: "Apache Avro, object container files."},
		{name: "protobuf", doc: "Protocol Buffers: messages, each behind its length.", keys: []key{
			{name: "message", kind: aText, need: true, doc: "Full name of the message, as `shop.v1.Order`."},
			{name: "descriptor", kind: aFile, doc: "File beside the definition: a `FileDescriptorSet`, as `protoc --include_imports -o` writes it."},
			{name: "proto", kind: protoFiles, doc: "Or the `.proto` files, by the names that others import them by."},
		}},
		{name: "xlsx", doc: "One sheet of a workbook.", keys: []key{
			{name: "sheet", kind: aText, def: "the first", doc: "Its name."},
			{name: "header", kind: aHeaderRow, def: "true", doc: "true: the first row names the columns. Or their names, where no row does."},
			{name: "skip_rows", kind: aCount, def: "0", doc: "Rows before the first one."},
		}},
	},
}

// decodeOthers are keys of a stream that say more of its answers.
var decodeOthers = []key{{name: "charset"}, {name: "records"}, {name: "short_rows"}, {name: "schema"}, {name: "nan"}}

// The kinds of decode. In brackets what read returns.
var (
	aDecode    = &kind{"the name of a format, or a map", readDecode, `{"anyOf": [{"enum": "@names"}, {"$ref": "@of"}]}`}                                                                                                                                        // true, or sources.Format
	aPacking   = &kind{"a list, as [gzip] or [{zip: \"*.csv\"}]", readPacking, `{"type": "array", "items": {"anyOf": [{"enum": "@packings"}, {"type": "object", "propertyNames": {"enum": ["zip", "tar", "path"]}, "minProperties": 1, "maxProperties": 1}]}}`} // []sources.Packing
	aCharacter = &kind{"one ASCII character", readCharacter, `{"type": ["string", "number"], "minLength": 1, "maxLength": 1}`}                                                                                                                                  // rune
	aQuote     = &kind{"one ASCII character, or none", readQuote, `{"anyOf": [{"enum": ["none"]}, {"type": ["string", "number"], "minLength": 1, "maxLength": 1}]}`}                                                                                            // rune, 0: none
	aHeaderRow = &kind{"true, or a list of names", readHeaderRow, `{"anyOf": [{"enum": [true]}, {"type": "array"}]}`}                                                                                                                                           // []string, nil: true
	aTextList  = &kind{"a list of texts", readTextList, `{"type": "array", "items": {"type": ["string", "number", "boolean"]}}`}                                                                                                                                // []string
	aFile      = &kind{"the name of a file", readBytes, stringSchema}                                                                                                                                                                                           // []byte
	protoFiles = &kind{"the name of a file, or a list of them", readProtoFiles, `{"type": ["string", "array"]}`}                                                                                                                                                // map[string][]byte
)

func readDecode(r *reader, n *document.Node, k key) any {
	if n.Shape == document.Map {
		return r.object(n, k)
	}
	if !n.Scalar() {
		return r.wants(n, k)
	}
	v := k.of.variant(n.Text)
	if v == nil {
		r.Problem(n, "%s", otherwise(r, n, "format", k.of.variantNames()))
		return nil
	}
	for _, own := range v.keys {
		if own.need {
			r.Problem(n, "format %s needs %s: write decode: {format: %s, %s: …}", v.name, own.name, v.name, own.name)
			return nil
		}
	}
	return sources.Format(v.name)
}

// otherNames are what formats and packings are called elsewhere, and what to write here.
var otherNames = map[string]string{
	"gz": "unpack: [gzip]", "bzip2": "unpack: [bz2]", "bz": "unpack: [bz2]", "zst": "unpack: [zstd]", "zstandard": "unpack: [zstd]",
	"lzma": "unpack: [xz]", "tgz": "unpack: [gzip, tar]", "tar.gz": "unpack: [gzip, tar]", "b64": "unpack: [base64]",
	"json_lines": "decode: jsonl", "jsonlines": "decode: jsonl", "json-lines": "decode: jsonl", "ndjson": "decode: jsonl", "json_seq": "decode: jsonl",
	"pb": "decode: {format: protobuf, message: …}", "proto": "decode: {format: protobuf, message: …}", "tsv": `decode: {format: csv, delimiter: "\t"}`,
	"excel": "decode: xlsx", "xls": "decode: xlsx, if it is a workbook of today; .xls of old programs nobody reads here", "html": "decode: xml, if it is XHTML",
	"csv": "decode: csv", "json": "decode: json", "jsonl": "decode: jsonl", "xml": "decode: xml", "parquet": "decode: parquet", "avro": "decode: avro", "xlsx": "decode: xlsx",
	"protobuf": "decode: {format: protobuf, message: …}",
}

// otherwise says what to write for a name that is not known.
func otherwise(r *reader, n *document.Node, what string, known []string) string {
	name := strings.ToLower(strings.TrimPrefix(n.Text, "."))
	write := otherNames[name]
	if slices.Contains(packings, name) {
		write = "unpack: [" + name + "]"
	}
	if write == "" {
		return r.Unknown(what, n.Text, known)
	}
	return fmt.Sprintf("unknown %s %q: write %s", what, document.Clip(n.Text), write)
}

// packings are the names of what files may be packed in.
var packings = []string{"gzip", "zip", "zstd", "bz2", "xz", "tar", "base64"}

func readPacking(r *reader, n *document.Node, k key) any {
	if n.Shape != document.List {
		return r.wants(n, k)
	}
	var list []sources.Packing
	for _, item := range n.Items {
		p, ok := readOnePacking(r, item, k)
		if !ok {
			return nil
		}
		list = append(list, p)
	}
	return list
}

func readOnePacking(r *reader, n *document.Node, k key) (p sources.Packing, ok bool) {
	if n.Scalar() {
		if !slices.Contains(packings, n.Text) {
			r.Problem(n, "%s", otherwise(r, n, "packing", append(slices.Clip(packings), "{path: …}")))
			return p, false
		}
		return sources.Packing{Kind: n.Text}, true
	}
	if n.Shape != document.Map || len(n.Fields) != 1 || !n.Fields[0].Value.Scalar() || n.Fields[0].Value.Text == "" {
		r.wants(n, k)
		return p, false
	}
	name, value := n.Fields[0].Name, n.Fields[0].Value
	switch name {
	case "zip", "tar":
		if _, err := path.Match(value.Text, ""); err != nil {
			r.Problem(value, "%q is no pattern: write it as *.csv", document.Clip(value.Text))
			return p, false
		}
		return sources.Packing{Kind: name, Members: value.Text}, true
	case "path":
		p = sources.Packing{Kind: name, Path: value.Text}
		if _, err := p.Steps(); err != nil {
			r.Problem(value, "%s", err)
			return p, false
		}
		return p, true
	}
	r.Problem(n, "only zip, tar and path have more to say, not %q: write - zip: \"*.csv\", or - path: d.report", document.Clip(name))
	return p, false
}

func readCharacter(r *reader, n *document.Node, k key) any {
	if c, size := utf8.DecodeRuneInString(n.Text); n.Scalar() && size == len(n.Text) && c < utf8.RuneSelf && c != '\n' && c != '\r' && c != 0 {
		return c
	}
	return r.wants(n, k)
}

func readQuote(r *reader, n *document.Node, k key) any {
	if n.Text == "none" {
		return rune(0)
	}
	return readCharacter(r, n, k)
}

func readHeaderRow(r *reader, n *document.Node, k key) any {
	if n.Shape == document.Bool && n.Text == "true" {
		return []string(nil)
	}
	if n.Shape == document.Bool {
		r.Problem(n, "where no row names the columns, header is their names: header: [id, name]")
		return nil
	}
	return readSomeNames(r, n, k)
}

func readTextList(r *reader, n *document.Node, k key) any {
	if n.Shape != document.List {
		return r.wants(n, k)
	}
	var list []string
	for _, item := range n.Items {
		if !item.Scalar() {
			return r.wants(n, k)
		}
		list = append(list, item.Text)
	}
	return list
}

// decode builds what the bytes of answers are, and checks it against the stream.
func (b *builder) decode(n *document.Node) (d sources.Decode) {
	at, unpack := n.Get("decode"), n.Get("unpack")
	if f, ok := readOf(at).(sources.Format); ok {
		d.Format = f
	} else if at != nil && at.Shape == document.Map {
		d = b.decodeMap(at)
	}
	if list, ok := readOf(unpack).([]sources.Packing); ok {
		if at != nil && at.Has("unpack") {
			b.Problem(unpack, "stands in decode, too: only one of them is possible")
		}
		d.Unpack = list
	}
	if d.Format == sources.FormatJSON {
		d.Format = ""
	}
	d.CSV.ShortRows = d.Format == sources.FormatCSV && document.Value[string](n, "short_rows") == "null"
	return d
}

func (b *builder) decodeMap(n *document.Node) sources.Decode {
	d := sources.Decode{
		Format: sources.Format(document.Value[string](n, "format")), Unpack: document.Value[[]sources.Packing](n, "unpack"),
	}
	switch d.Format {
	case sources.FormatCSV:
		d.CSV = sources.CSV{
			Delimiter: document.Value[rune](n, "delimiter"), Quote: document.Value[rune](n, "quote"), Names: document.Value[[]string](n, "header"),
			Unquoted: n.Has("quote") && document.Value[rune](n, "quote") == 0, SkipLines: int(document.Value[int64](n, "skip_lines")),
			LooseQuotes: document.Value[bool](n, "loose_quotes"), Comment: document.Value[rune](n, "comment"), NullValues: document.Value[[]string](n, "null_values"),
		}
	case sources.FormatJSONL:
		d.JSONL = sources.JSONL{ParentID: document.Value[string](n, "parent_id"), Children: document.Value[string](n, "lines") == "children"}
		if lines := n.Get("lines"); lines != nil && d.JSONL.ParentID == "" {
			b.Problem(lines, "needs parent_id: the field by which lines name their parents")
		}
	case sources.FormatProtobuf:
		d.Protobuf = protobufOf(n)
		if n.Has("descriptor") == n.Has("proto") {
			b.Problem(n, "needs descriptor or proto, one of the two: what the messages are")
		}
	case sources.FormatXLSX:
		d.XLSX = sources.XLSX{
			Sheet: document.Value[string](n, "sheet"), Names: document.Value[[]string](n, "header"), SkipRows: int(document.Value[int64](n, "skip_rows")),
		}
	}
	return d
}

// rowsOf reports whether the answers of a stream are in a format.
func rowsOf(n *document.Node, f sources.Format) bool {
	at := n.Get("decode")
	return at != nil && (at.Text == string(f) || at.Get("format") != nil && at.Get("format").Text == string(f))
}

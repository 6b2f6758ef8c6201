package sources

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Decode says what the bytes of answers are, where they are not the JSON text that
// holds the records. The zero Decode is JSON.
type Decode struct {
	Format Format
	Unpack []Packing // in the order in which they are taken off
	// Options of a format; those of other formats are zero.
	CSV      CSV
	JSONL    JSONL
	Protobuf Protobuf
	XLSX     XLSX
}

// IsJSON reports whether answers are JSON text as they come.
func (d *Decode) IsJSON() bool {
	return (d.Format == "" || d.Format == FormatJSON) && len(d.Unpack) == 0
}

// Packed reports whether files are as small as they get when they come.
func (d *Decode) Packed() bool {
	switch d.Format {
	case FormatParquet, FormatAvro, FormatXLSX:
		return true
	}
	for _, p := range d.Unpack {
		if p.Kind != "tar" && p.Kind != "path" && p.Kind != "base64" {
			return true
		}
	}
	return false
}

// Tag tells ways to read answers apart, in the name of a file; "" where they are JSON.
func (d *Decode) Tag() string {
	if d.IsJSON() {
		return ""
	}
	own := *d
	own.Protobuf.Compiled = nil
	text, err := json.Marshal(own)
	if err != nil {
		panic("sources: a model that is not JSON: " + err.Error()) // it is text and numbers
	}
	sum := sha256.Sum256(text)
	return "-" + hex.EncodeToString(sum[:4])
}

// ShowsEnd reports whether a file that is cut is no whole one, wherever it is cut: JSON
// and XML are closed, and archives, Parquet and workbooks end with what says where all
// lies. Lines, rows, messages and blocks may be the last, and so may a member of gzip.
func (d *Decode) ShowsEnd() bool {
	if len(d.Unpack) > 0 {
		switch d.Unpack[0].Kind {
		case "gzip", "zstd", "bz2", "xz", "base64":
			return false
		}
		return true
	}
	switch d.Format {
	case FormatAuto, FormatJSONL, FormatCSV, FormatAvro, FormatProtobuf:
		return false
	}
	return true
}

// Format is how the records of an answer are written.
type Format string

// The formats.
const (
	FormatAuto     Format = "auto" // what Content-Type and the first bytes say
	FormatJSON     Format = "json" // or ""
	FormatJSONL    Format = "jsonl"
	FormatCSV      Format = "csv"
	FormatXML      Format = "xml"
	FormatParquet  Format = "parquet"
	FormatAvro     Format = "avro"
	FormatProtobuf Format = "protobuf"
	FormatXLSX     Format = "xlsx"
)

// Packing is one layer that files lie in.
type Packing struct {
	Kind    string // one of gzip, zip, zstd, bz2, xz, tar, base64, path
	Members string // zip, tar: a pattern of path.Match for the members to read; "": all
	Path    string // path: where the text of the file lies in a JSON or XML envelope
}

// CSV says how the rows of a file are written.
type CSV struct {
	Delimiter rune // 0: a comma
	Quote     rune // 0: the double quote
	Unquoted  bool // nothing is quoted
	// LooseQuotes: a quote within a field that begins with none is text.
	LooseQuotes bool
	Names       []string // of the columns, where no row of the file has them; nil: the first row
	SkipLines   int      // before the first row
	Comment     rune     // lines that begin with it are passed over; 0: none
	NullValues  []string // fields that are null, quoted ones excepted
	ShortRows   bool     // rows with fewer fields than columns end with nulls
}

// JSONL says what the lines of a file are.
type JSONL struct {
	ParentID string // the field of lines that names the parent's id; "": lines have no parents
	Children bool   // with ParentID: those that name one are the records, else those that do not
}

// Protobuf says which messages a file holds.
type Protobuf struct {
	Message    string            // full name of the message that each record is
	Descriptor []byte            // a serialized FileDescriptorSet; nil: Sources
	Sources    map[string][]byte // text of .proto files by the name that others import them by
	Roots      []string          // those of Sources that the definition names
	// Compiled is what the decoder's check at load made of the above, good for any
	// number of files at the same time; nil: the decoder makes it for each file.
	Compiled any
}

// XLSX says which cells of a workbook are records.
type XLSX struct {
	Sheet    string   // "": the first one
	Names    []string // of the columns, where no row of the sheet has them; nil: the first row
	SkipRows int      // before the first row
}

// Package detect finds out what an answer is, for decode: auto: from its first bytes,
// where they are certain, and else from what names it: Content-Type, the name of the
// file in Content-Disposition or in an archive, the ending of the URL's path.
//
//	certain      PAR1, Obj 01, ZIP and whether that is a workbook, gzip, zstd, bzip2, xz, ustar
//	by names     csv, tsv, json, jsonl, xml, protobuf; those of the above are asked of the bytes alone
//	by bytes     RS: JSON text sequences; { or [: JSON or, where another value follows, JSON lines;
//	             <: XML, if it is no page of HTML; text whose first line has a delimiter: CSV
//
// The delimiter of CSV is the one of comma, tab, semicolon and pipe that stands most
// often in the first line, outside of quotes.
package detect

import (
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
)

// MaxLayers is how many layers are taken off one after the other; Enough is how many
// bytes of a file its caller should show.
const (
	MaxLayers = 4
	Enough    = 64 << 10
)

// Seen is what is known of a file.
type Seen struct {
	ContentType string // the header
	Disposition string // the header Content-Disposition
	Path        string // of the URL
	Member      string // the name in an archive; "": it lies in none
	Begins      []byte // with what the file begins
}

// Guess is what a file is.
type Guess struct {
	Format    sources.Format
	Unpack    []sources.Packing // then Format is "": what lies inside is to be looked at
	Delimiter rune              // of CSV
	Why       string            // such as "Content-Type text/csv"
}

// Inside is what is known of the file that lies in one of which a layer was taken off;
// member is its name, if the layer is an archive.
func (s *Seen) Inside(member string, begins []byte) *Seen {
	inside := &Seen{ContentType: s.ContentType, Disposition: s.Disposition, Path: s.Path, Member: s.Member, Begins: begins}
	if member != "" {
		inside.Member = member
	}
	return inside
}

// Detect says what a file is. Its error says what was seen.
func Detect(s *Seen) (Guess, error) {
	if g, ok := certain(s.Begins); ok {
		return g, nil
	}
	if s.IsPage() {
		return Guess{}, s.fail("it is a page of HTML, as logins and errors are: check base_url, path and auth")
	}
	for _, f := range foreign {
		if strings.HasPrefix(string(s.Begins), f.begins) {
			return Guess{}, s.fail("it is " + f.is + ": ask for .xlsx or CSV")
		}
	}
	if charset := wide(s.Begins); charset != "" {
		return Guess{}, s.fail("it is text in UTF-16: write charset: " + charset + " beside its format")
	}
	named, why := s.named()
	byBytes, like := looks(s.Begins)
	switch {
	case named == sources.FormatJSON && byBytes == sources.FormatJSONL:
		return Guess{Format: byBytes, Why: like}, nil // they are often named so
	case named == sources.FormatCSV:
		return Guess{Format: named, Delimiter: s.delimiter(), Why: why}, nil
	case named != "":
		return Guess{Format: named, Why: why}, nil
	case byBytes == sources.FormatCSV:
		return Guess{Format: byBytes, Delimiter: s.delimiter(), Why: like}, nil
	case byBytes != "":
		return Guess{Format: byBytes, Why: like}, nil
	}
	if thing := s.text(); thing.Is != "" {
		return Guess{}, s.fail("nothing says what it is; it is " + thing.Is + ": " + thing.Write)
	}
	return Guess{}, s.fail("nothing says what it is")
}

// fail is the error of a file that is nothing that is known.
func (s *Seen) fail(what string) error {
	var seen []string
	for _, one := range []struct{ name, value string }{
		{"Content-Type", s.ContentType}, {"Content-Disposition", s.Disposition}, {"member", s.Member}, {"URL ending", strings.TrimSuffix(ending(s.Path), ".")},
	} {
		if one.value != "" {
			seen = append(seen, fmt.Sprintf("%s %q", one.name, clip(one.value)))
		}
	}
	begins := "it is empty"
	if len(s.Begins) > 0 {
		begins = fmt.Sprintf("it begins with %q", s.Begins[:min(len(s.Begins), 16)])
	}
	seen = append(seen, begins)
	return fmt.Errorf("%s (%s): write decode with one of the formats json, jsonl, csv, xml, parquet, avro, protobuf, xlsx", what, strings.Join(seen, ", "))
}

func clip(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}

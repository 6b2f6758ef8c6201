package decode

import (
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/csv"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/jsonl"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/xml"
)

// opener opens a file of a format.
type opener func(in file.File, o *file.Options) (file.Records, error)

// format is one whose files are records.
type format struct {
	open opener // nil: this build leaves it out
	// check says what is wrong with its options, before any file is opened; nil:
	// nothing can be. What it keeps in them is for all files.
	check func(d *sources.Decode) error
}

// formats are those that every build reads.
var formats = map[sources.Format]format{
	sources.FormatJSONL: {open: jsonl.Open},
	sources.FormatCSV:   {open: csv.Open, check: func(d *sources.Decode) error { return csv.Check(&d.CSV) }},
}

// documents are the formats whose files are one document.
var documents = map[sources.Format]documentOpener{
	"":                 asItIs,
	sources.FormatJSON: asItIs,
	sources.FormatXML: func(in file.File, a *Answer) (io.ReadCloser, error) {
		return xml.Open(in, &a.Options, a.elements())
	},
}

func asItIs(in file.File, a *Answer) (io.ReadCloser, error) { return io.NopCloser(a.text(in)), nil }

// formatOf returns a format of records that this build reads.
func formatOf(f sources.Format) (format, error) {
	if is, ok := formats[f]; ok {
		return is, nil
	}
	is, ok := large[f]
	switch {
	case !ok:
		return is, fmt.Errorf("no format is called %q", f)
	case is.open == nil:
		return is, ErrSmall{f}
	}
	return is, nil
}

// ErrSmall is a format that a small build leaves out.
type ErrSmall struct{ Format sources.Format }

func (e ErrSmall) Error() string {
	return fmt.Sprintf("this program was built small (make build TAGS=small), without %s: take a whole build, or ask the API for csv or jsonl", e.Format)
}

// Check says what is wrong with what a definition says of answers, with the line of
// the stream: what this build does not read, and what no file can be read by. Decoders
// keep in the definition what they need for each file.
func Check(d *sources.Definition) (all document.Problems) {
	for i, s := range d.Streams {
		if err := check(&s.Text.Decode); err != nil {
			all = append(all, document.Problem{
				File: d.File, Line: s.Loaded.Line, Column: 1, Place: fmt.Sprintf("streams[%d] (%s).decode", i, s.Name), Msg: err.Error(),
			})
		}
	}
	return all
}

func check(d *sources.Decode) error {
	if _, ok := documents[d.Format]; ok || d.Format == sources.FormatAuto {
		return nil
	}
	f, err := formatOf(d.Format)
	if err == nil && f.check != nil {
		err = f.check(d)
	}
	return err
}

package decode

import (
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/csv"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/jsonl"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/xml"
)

// opener opens a file of a format.
type opener func(in file.File, o *file.Options) (file.Records, error)

// formats are those that every build reads.
var formats = map[sources.Format]opener{
	sources.FormatJSONL: jsonl.Open,
	sources.FormatCSV:   csv.Open,
}

// documents are the formats whose files are one document.
var documents = map[sources.Format]document{
	"":                 asItIs,
	sources.FormatJSON: asItIs,
	sources.FormatXML: func(in file.File, a *Answer) (io.ReadCloser, error) {
		return xml.Open(in, &a.Options, a.elements())
	},
}

func asItIs(in file.File, a *Answer) (io.ReadCloser, error) { return io.NopCloser(a.text(in)), nil }

// openerOf returns the opener of a format.
func openerOf(f sources.Format) (opener, error) {
	if open, ok := formats[f]; ok {
		return open, nil
	}
	if open, ok := large[f]; ok && open != nil {
		return open, nil
	}
	return nil, Known(f)
}

// ErrSmall is a format that a small build leaves out.
type ErrSmall struct{ Format sources.Format }

func (e ErrSmall) Error() string {
	return fmt.Sprintf("this program was built small (make build TAGS=small), without %s: take a whole build, or ask the API for csv or jsonl", e.Format)
}

// Known is the error of a format that this build does not read.
func Known(f sources.Format) error {
	_, is := formats[f]
	_, document := documents[f]
	open, is2 := large[f]
	switch {
	case is, document, open != nil, f == sources.FormatAuto:
		return nil
	case is2:
		return ErrSmall{f}
	}
	return fmt.Errorf("no format is called %q", f)
}

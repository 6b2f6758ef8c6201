package detect

import (
	"fmt"
	"mime"
	"path"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
)

// types are the media types of formats.
var types = map[string]sources.Format{
	"application/json":                sources.FormatJSON,
	"text/json":                       sources.FormatJSON,
	"application/json-seq":            sources.FormatJSONL,
	"application/geo+json-seq":        sources.FormatJSONL,
	"application/stream+json":         sources.FormatJSONL,
	"application/jsonl":               sources.FormatJSONL,
	"application/x-jsonl":             sources.FormatJSONL,
	"application/jsonlines":           sources.FormatJSONL,
	"application/x-jsonlines":         sources.FormatJSONL,
	"application/jsonlines+json":      sources.FormatJSONL,
	"application/ndjson":              sources.FormatJSONL,
	"application/x-ndjson":            sources.FormatJSONL,
	"application/x-json-stream":       sources.FormatJSONL,
	"text/csv":                        sources.FormatCSV,
	"application/csv":                 sources.FormatCSV,
	"text/comma-separated-values":     sources.FormatCSV,
	"text/tab-separated-values":       sources.FormatCSV,
	"application/xml":                 sources.FormatXML,
	"text/xml":                        sources.FormatXML,
	"application/protobuf":            sources.FormatProtobuf,
	"application/x-protobuf":          sources.FormatProtobuf,
	"application/vnd.google.protobuf": sources.FormatProtobuf,
	"application/x-google-protobuf":   sources.FormatProtobuf,
}

// endings are those of the names of files.
var endings = map[string]sources.Format{
	".json":      sources.FormatJSON,
	".geojson":   sources.FormatJSON,
	".jsonl":     sources.FormatJSONL,
	".ndjson":    sources.FormatJSONL,
	".jsonlines": sources.FormatJSONL,
	".csv":       sources.FormatCSV,
	".tsv":       sources.FormatCSV,
	".tab":       sources.FormatCSV,
	".psv":       sources.FormatCSV,
	".xml":       sources.FormatXML,
	".pb":        sources.FormatProtobuf,
	".binpb":     sources.FormatProtobuf,
}

// packings are the endings of names of files that lie in layers.
var packings = map[string]bool{".gz": true, ".gzip": true, ".zst": true, ".zstd": true, ".bz2": true, ".xz": true, ".zip": true, ".tar": true, ".tgz": true}

// Named is the format that a Content-Type names; "" where it names none.
func Named(contentType string) sources.Format {
	format, _ := (&Seen{ContentType: contentType}).named()
	return format
}

// ending is that of a name, without those of layers.
func ending(name string) string {
	name = path.Base(strings.ToLower(name))
	for packings[path.Ext(name)] {
		name = strings.TrimSuffix(name, path.Ext(name))
	}
	return path.Ext(name)
}

// mediaType is the type that a Content-Type names.
func mediaType(header string) string {
	name, _, _ := strings.Cut(header, ";") // also where parameters are broken
	return strings.ToLower(strings.TrimSpace(name))
}

// filename is the name of the file in a Content-Disposition.
func filename(header string) string {
	_, parameters, err := mime.ParseMediaType(header)
	if err != nil {
		return ""
	}
	return parameters["filename"]
}

// named is what the names say, the closest to the file first.
func (s *Seen) named() (sources.Format, string) {
	if f := endings[ending(s.Member)]; f != "" {
		return f, fmt.Sprintf("member %q", clip(s.Member))
	}
	name := mediaType(s.ContentType)
	if f := types[name]; f != "" {
		return f, "Content-Type " + name
	}
	for suffix, f := range map[string]sources.Format{"+json": sources.FormatJSON, "+xml": sources.FormatXML} {
		if strings.HasSuffix(name, suffix) {
			return f, "Content-Type " + clip(name)
		}
	}
	if file := filename(s.Disposition); endings[ending(file)] != "" {
		return endings[ending(file)], fmt.Sprintf("file name %q", clip(file))
	}
	if end := ending(s.Path); endings[end] != "" {
		return endings[end], "URL ending " + end
	}
	return "", ""
}

// delimiter is that of a file of CSV.
func (s *Seen) delimiter() rune {
	if d, n := delimiter(s.Begins); n > 0 {
		return rune(d)
	}
	for _, name := range []string{s.Member, filename(s.Disposition), s.Path} {
		switch ending(name) {
		case ".tsv", ".tab":
			return '\t'
		case ".psv":
			return '|'
		}
	}
	if mediaType(s.ContentType) == "text/tab-separated-values" {
		return '\t'
	}
	return ','
}

package decode

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/detect"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/unpack"
)

// unpack begins to unpack a body. Stores of files hand out what was packed before it
// came to them with a Content-Encoding that says so, which is taken off by then: the
// outermost layer is not there any more.
func (a *Answer) unpack(in file.File) (unpack.Files, error) {
	how := a.Options.Unpack
	if len(how) == 0 {
		return unpack.Open(in, how)
	}
	source := sourceOf(in)
	begins, err := source.Peek(enough)
	if err != nil {
		return nil, err
	}
	if a.encoded(how[0].Kind) && !detect.Packed(begins, how[0].Kind) {
		a.tell(fmt.Sprintf("%s of unpack is not there: Content-Encoding named it, and it was taken off", how[0].Kind))
		how = how[1:]
	}
	if len(how) == 0 {
		return unpack.Open(source, how)
	}
	files := &outermost{kind: how[0].Kind, seen: &detect.Seen{ContentType: a.Header.Get("Content-Type"), Begins: begins}}
	if files.Files, err = unpack.Open(source, how); err != nil {
		return nil, files.named(err)
	}
	return files, nil
}

// outermost are the files of a body in a layer. They know what the body is where that is
// wrong from its beginning.
type outermost struct {
	unpack.Files
	kind string       // of the layer
	seen *detect.Seen // nil: a record was read
}

// Next returns the next file.
func (o *outermost) Next() (file.File, string, error) {
	in, name, err := o.Files.Next()
	return in, name, o.named(err)
}

func (o *outermost) named(err error) error {
	if bad, ok := errors.AsType[*file.Error](err); ok && o.seen != nil && bad.Member == "" && string(bad.Format) == o.kind {
		bad.Err = is(bad, o.seen, "")
		o.seen = nil
	}
	return err
}

// encoded reports whether the answer's Content-Encoding names a layer of that kind.
func (a *Answer) encoded(kind string) bool {
	names := strings.Split(strings.ToLower(strings.Join(a.Header["Content-Encoding"], ",")), ",")
	return slices.ContainsFunc(names, func(name string) bool { return strings.TrimPrefix(strings.TrimSpace(name), "x-") == kind })
}

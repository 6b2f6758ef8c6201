package decode

import (
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
	if len(how) == 0 || !a.encoded(how[0].Kind) {
		return unpack.Open(in, how)
	}
	source := sourceOf(in)
	begins, err := source.Peek(detect.Enough)
	if err != nil {
		return nil, err
	}
	if !detect.Packed(begins, how[0].Kind) {
		a.tell(fmt.Sprintf("%s of unpack is not there: Content-Encoding named it, and it was taken off", how[0].Kind))
		how = how[1:]
	}
	return unpack.Open(source, how)
}

// encoded reports whether the answer's Content-Encoding names a layer of that kind.
func (a *Answer) encoded(kind string) bool {
	names := strings.Split(strings.ToLower(strings.Join(a.Header["Content-Encoding"], ",")), ",")
	return slices.ContainsFunc(names, func(name string) bool { return strings.TrimPrefix(strings.TrimSpace(name), "x-") == kind })
}

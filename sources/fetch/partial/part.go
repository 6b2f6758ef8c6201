package partial

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch/body"
)

// Part is the beginning of a long answer that broke off, in this run or an earlier one:
// the next request for it asks for the rest. The empty part is none.
type Part struct {
	at     [16]byte // digest of the request
	n      int64    // of its page
	file   body.File
	size   int64       // bytes of the body that are there
	header http.Header // of the answer, as far as it speaks of the body
}

// ofBody are the headers that speak of the body as it is, whichever part of it comes.
var ofBody = []string{"Content-Type", "Content-Length", "Content-Encoding", "Content-Disposition", "Etag", "Last-Modified", "Date"}

// OfBody returns the headers by which a part of the body of an answer can be gone on with.
func OfBody(h http.Header) http.Header {
	own := http.Header{}
	for _, name := range ofBody {
		if v, ok := h[name]; ok {
			own[name] = v
		}
	}
	return own
}

// validator is what tells the versions of a body apart for certain, as If-Range takes
// it; "" where nothing does.
func validator(h http.Header) string {
	if tag := h.Get("ETag"); strings.HasPrefix(tag, `"`) {
		return tag
	}
	changed, err := http.ParseTime(h.Get("Last-Modified"))
	if err != nil {
		return ""
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil || now.Sub(changed) < time.Minute { // it may change again within the second (RFC 9110, 8.8.2.2)
		return ""
	}
	return h.Get("Last-Modified")
}

// Lasts reports whether an answer that breaks off can be gone on with.
func (p *Part) Lasts(method string, status int, h http.Header) bool {
	return p != nil && method == http.MethodGet && (status == http.StatusOK || status == http.StatusPartialContent) &&
		!strings.EqualFold(h.Get("Accept-Ranges"), "none") && validator(h) != ""
}

// TurnTo makes the part that of a page's request, and reports whether it was another
// one's: then it is empty.
func (p *Part) TurnTo(digest [16]byte, page int64) (other bool) {
	if p.at == digest && p.n == page {
		return false
	}
	p.Leave()
	p.at, p.n = digest, page
	return true
}

// Inherit goes on with what an earlier run left, and reports whether that can be a part
// of the body.
func (p *Part) Inherit(file body.File, size int64, h http.Header) bool {
	p.file, p.size, p.header = file, size, h
	if n := p.length(); n >= 0 && size > n { // it is another one's
		p.discard()
		return false
	}
	return true
}

// Ask makes a request ask for the rest.
func (p *Part) Ask(h http.Header) {
	if p == nil || p.file == nil || p.size == 0 {
		return
	}
	h.Set("Range", "bytes="+strconv.FormatInt(p.size, 10)+"-")
	h.Set("If-Range", validator(p.header))
}

// errOtherPart is an answer to a request for the rest of a body that is no such rest.
var errOtherPart = errors.New("the server does not go on where the answer broke off: it is asked for all of it")

// GoesOn reports whether an answer is the rest of the body, and how long that is. Where
// it is all of it, or something else, the part is of no use any more.
func (p *Part) GoesOn(status int, h http.Header) (rest int64, is bool, err error) {
	if p == nil || p.file == nil || p.size == 0 {
		return 0, false, nil
	}
	switch {
	case status == http.StatusPartialContent:
		if rest, is = p.restOf(h); is {
			return rest, true, nil
		}
		p.discard()
		return 0, false, errOtherPart
	case status == http.StatusRequestedRangeNotSatisfiable:
		if p.is(h) { // its end came, and the run was stopped before it was kept
			return 0, true, nil
		}
		p.discard()
		return 0, false, errOtherPart
	case status/100 == 2:
		p.discard()
	}
	return 0, false, nil
}

// is reports whether an answer that there is nothing behind the part says that the part
// is the whole body.
func (p *Part) is(h http.Header) bool {
	if known := p.length(); known >= 0 {
		return known == p.size
	}
	return h.Get("Content-Range") == fmt.Sprintf("bytes */%d", p.size)
}

// length is how long the body is as a whole, or -1.
func (p *Part) length() int64 {
	n, err := strconv.ParseInt(p.header.Get("Content-Length"), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// restOf is how long the rest of the body is, of which an answer with these headers has
// the beginning or all; false where they speak of another body.
func (p *Part) restOf(h http.Header) (left int64, same bool) {
	text, ok := strings.CutPrefix(h.Get("Content-Range"), fmt.Sprintf("bytes %d-", p.size))
	_, total, _ := strings.Cut(text, "/")
	length, err := strconv.ParseInt(total, 10, 64)
	known := p.length()
	if err != nil {
		length = known
	}
	tag, changed := p.header.Get("ETag"), h.Get("Last-Modified")
	switch {
	case !ok, length <= p.size, known >= 0 && length != known:
	case validator(p.header) == tag && h.Get("ETag") != tag:
	case changed != "" && changed != p.header.Get("Last-Modified"):
	default:
		return length - p.size, true
	}
	return 0, false
}

// Whole are the headers of the answer that the rest makes whole.
func (p *Part) Whole(rest http.Header) http.Header {
	h := rest.Clone()
	h.Del("Content-Range")
	h.Del("Content-Length")
	for _, name := range ofBody {
		if v, ok := p.header[name]; ok {
			h[name] = v
		}
	}
	return h
}

// errEndsBefore is an answer with less of the rest than there is.
var errEndsBefore = fmt.Errorf("the server sent a part of what was asked for: %w", io.ErrUnexpectedEOF)

// Rest reads the rest of a body, of which so many bytes must come.
func Rest(in io.Reader, left int64) io.Reader { return &rest{in, left} }

type rest struct {
	in   io.Reader
	left int64
}

func (r *rest) Read(b []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n, err := r.in.Read(b[:min(int64(len(b)), r.left)])
	if r.left -= int64(n); r.left == 0 {
		return n, nil
	}
	if errors.Is(err, io.EOF) {
		err = errEndsBefore
	}
	return n, err
}

// Take hands the file over to who reads the rest into it.
func (p *Part) Take() *body.Part {
	t := &body.Part{File: p.file, Size: p.size}
	p.file, p.size = nil, 0
	return t
}

// BreaksOff keeps what came of an answer with these headers.
func (p *Part) BreaksOff(b *body.Body, h http.Header) {
	if came := b.Broken(); came != nil {
		p.file, p.size = came.File, came.Size
		p.header = maps.Clone(h)
	}
}

func (p *Part) discard() {
	if p.file != nil {
		p.file.Discard()
	}
	p.file, p.size, p.header = nil, 0, nil
}

// Leave lets go of the part: where a later run may go on with it, it stays on disk.
func (p *Part) Leave() {
	if d, ok := p.file.(interface{ Leave() }); ok {
		d.Leave()
		p.file = nil
	}
	p.discard()
}

package fetch

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
	"github.com/tap-rest/tap-rest/state/journal"
)

// part is the beginning of a long answer that broke off, in this run or an earlier one:
// the next request for it asks for the rest. The empty part is none.
type part struct {
	at     [16]byte // digest of the request
	n      int64    // of its page
	file   body.File
	size   int64       // bytes of the body that are there
	header http.Header // of the answer, as far as it speaks of the body
}

// ofBody are the headers that speak of the body as it is, whichever part of it comes.
var ofBody = []string{"Content-Type", "Content-Length", "Content-Encoding", "Content-Disposition", "Etag", "Last-Modified", "Date"}

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

// lasts reports whether an answer that breaks off can be gone on with.
func (p *part) lasts(out *outgoing, status int, h http.Header) bool {
	return p != nil && out.Method == http.MethodGet && (status == http.StatusOK || status == http.StatusPartialContent) &&
		!strings.EqualFold(h.Get("Accept-Ranges"), "none") && validator(h) != ""
}

// turnTo makes the part that of a request, and looks whether an earlier run left one.
func (p *part) turnTo(out *outgoing, r *recorder) {
	if p.at == out.digest && p.n == out.n {
		return
	}
	p.leave()
	p.at, p.n = out.digest, out.n
	if r.Recording == nil || r.only() || out.Method != http.MethodGet {
		return
	}
	d, began, size := journal.GoOn(r.Journal, r.keyOf(out), out.digest)
	if d == nil {
		return
	}
	p.file, p.size, p.header = d, size, began.Header
	if n := p.length(); n >= 0 && size > n { // it is another one's
		p.discard()
		return
	}
	r.log.Info("an earlier run was stopped in the middle of a long answer: it goes on from there", "stream", r.stream, "request", out.Shown, "bytes", size)
}

// ask makes a request ask for the rest.
func (p *part) ask(h http.Header) {
	if p == nil || p.file == nil || p.size == 0 {
		return
	}
	h.Set("Range", "bytes="+strconv.FormatInt(p.size, 10)+"-")
	h.Set("If-Range", validator(p.header))
}

// errOtherPart is an answer to a request for the rest of a body that is no such rest.
var errOtherPart = errors.New("the server does not go on where the answer broke off: it is asked for all of it")

// goesOn reports whether an answer is the rest of the body, and how long that is. Where
// it is all of it, or something else, the part is of no use any more.
func (p *part) goesOn(status int, h http.Header) (rest int64, is bool, err error) {
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
func (p *part) is(h http.Header) bool {
	if known := p.length(); known >= 0 {
		return known == p.size
	}
	return h.Get("Content-Range") == fmt.Sprintf("bytes */%d", p.size)
}

// length is how long the body is as a whole, or -1.
func (p *part) length() int64 {
	n, err := strconv.ParseInt(p.header.Get("Content-Length"), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// restOf is how long the rest of the body is, of which an answer with these headers has
// the beginning or all; false where they speak of another body.
func (p *part) restOf(h http.Header) (left int64, same bool) {
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

// whole are the headers of the answer that the rest makes whole.
func (p *part) whole(rest http.Header) http.Header {
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

// rest reads the rest of a body, of which so many bytes must come.
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

// take hands the file over to who reads the rest into it.
func (p *part) take() *body.Part {
	t := &body.Part{File: p.file, Size: p.size}
	p.file, p.size = nil, 0
	return t
}

// breaksOff keeps what came of an answer with these headers.
func (p *part) breaksOff(b *body.Body, h http.Header) {
	if came := b.Broken(); came != nil {
		p.file, p.size = came.File, came.Size
		p.header = maps.Clone(h)
	}
}

func (p *part) discard() {
	if p.file != nil {
		p.file.Discard()
	}
	p.file, p.size, p.header = nil, 0, nil
}

// leave lets go of the part: where a later run may go on with it, it stays on disk.
func (p *part) leave() {
	if d, ok := p.file.(*journal.Draft); ok {
		d.Leave()
		p.file = nil
	}
	p.discard()
}

// begin begins the file of a long answer to a request.
func (o *outgoing) begin(status int, h http.Header) (body.File, error) {
	if !o.part.lasts(o, status, h) {
		return o.file(h)
	}
	own := http.Header{}
	for _, name := range ofBody {
		if v, ok := h[name]; ok {
			own[name] = v
		}
	}
	return o.lasting(own)
}

// partFile begins the file of an answer with which a later run may go on.
func (r *recorder) partFile(out *outgoing, h http.Header) (body.File, error) {
	if r.Recording == nil {
		return body.NewFile()
	}
	d, err := journal.Part(r.Journal, &journal.Began{Key: r.keyOf(out), Digest: out.digest, Header: h})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJournal, err)
	}
	return d, nil
}

package fetch

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/sources/fetch/recorded"
	"github.com/tap-rest/tap-rest/sources/fetch/records"
	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/state/journal"
)

// mostTag is how large what stands beside the records of an answer may be to be kept.
const mostTag = 64 << 10

// unless makes a request one for an answer that has changed.
func (t *Tags) unless(out *outgoing) {
	if t == nil || out.Method != http.MethodGet {
		return
	}
	tag := t.Of(out.digest)
	switch {
	case tag == nil:
		return
	case tag.ETag != "":
		out.Header.Set("If-None-Match", tag.ETag)
	default:
		out.Header.Set("If-Modified-Since", tag.Modified)
	}
	out.tag = tag
}

// answered makes an answer that says that nothing has changed the one of before,
// without its records.
func (o *outgoing) answered(ex *Exchange) {
	if ex.Status != http.StatusNotModified || o.tag == nil || ex.cut != nil {
		return
	}
	header := o.tag.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	for name, values := range ex.Header {
		if !strings.HasPrefix(name, "Content-") {
			header[name] = values
		}
	}
	ex.Status, ex.Header = http.StatusOK, header
	ex.Body.Replace(o.tag.Beside)
	ex.proven = &records.Split{Records: &records.Unchanged{Count: o.tag.Records, Of: o.digest}}
}

// same are the records of an answer that says that it did not change; nil: it says no
// such thing.
func (ex *Exchange) same() *records.Unchanged {
	if ex.proven == nil {
		return nil
	}
	u, _ := ex.proven.Records.(*records.Unchanged)
	return u
}

// writeUnchanged makes an exchange for the disk one that did not change.
func (p *Page) writeUnchanged(e *journal.Exchange) {
	e.Header.Del(recorded.UnchangedHeader) // strangers may send what is ours
	if same := p.same(); same != nil {
		e.Status, e.Body = http.StatusNotModified, p.Body.Text
		e.Header.Set(recorded.UnchangedHeader, strconv.Itoa(same.Count))
	}
}

// readUnchanged undoes writeUnchanged.
func (ex *Exchange) readUnchanged(digest [16]byte) {
	n, err := strconv.Atoi(ex.Header.Get(recorded.UnchangedHeader))
	if err == nil && n >= 0 && ex.Status == http.StatusNotModified {
		ex.Status, ex.proven = http.StatusOK, &records.Split{Records: &records.Unchanged{Count: n, Of: digest}}
	}
	ex.Header.Del(recorded.UnchangedHeader)
}

// keepTag keeps of a page what asks for it only where it has changed, unless there
// is a secret in that, or something else than the page led to what comes next.
func (r *recorder) keepTag(out *outgoing, page *Page, n *Counters) {
	if r.tags != nil && page.same() == nil {
		r.tags.Changed()
	}
	switch {
	case r.tags == nil || out.Method != http.MethodGet:
	case page.same() != nil:
		if out.tag != nil {
			r.tags.Keep(out.digest, out.tag)
		}
	case page.Status != http.StatusOK || page.pieces != nil || page.Repeats || page.ruled() || page.url.String() != out.URL.String():
	default:
		if page.Header.Get("Etag") == "" && page.Header.Get("Last-Modified") == "" {
			n.Untagged.Add(1)
		}
		if tag := newTag(page, r.secrets); tag != nil {
			r.tags.Keep(out.digest, tag)
		}
	}
}

// ruled reports whether a rule of the definition made the answer what it is.
func (p *Page) ruled() bool {
	r := p.ruling
	return r.Skipped || r.Passed || r.Over || r.Refused || r.Empty
}

// newTag returns the tag of a page; nil: it has none, or it cannot be kept.
func newTag(page *Page, secrets *secret.Hider) *Tag {
	t := &Tag{ETag: page.Header.Get("Etag"), Records: page.Records.Len(), Header: http.Header{}}
	if t.ETag == "" {
		t.Modified = page.Header.Get("Last-Modified")
	}
	r, ok := page.Records.(records.Besides)
	if !ok || t.ETag == "" && t.Modified == "" {
		return nil
	}
	t.Beside = r.AppendBeside(nil)
	if t.Beside == nil || len(t.Beside) > mostTag || secrets.InBody(t.Beside) {
		return nil
	}
	for name, values := range page.Header {
		switch name {
		case "Content-Encoding", "Content-Length", "Transfer-Encoding", "Set-Cookie", "Date", "Age":
			continue
		}
		for _, v := range values {
			if secrets.In(v) {
				return nil
			}
		}
		t.Header[name] = values
	}
	return t
}

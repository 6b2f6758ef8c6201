package fetch

import (
	"errors"
	"net/http"
	"strings"
)

// judgePartial decides about an answer whose status is well, but says that its
// body is not all that was asked for; false where it is.
//
// A 206 in another unit than bytes is a page: APIs count their rows in
// Content-Range (PostgREST does), and how a walk ends is not its status's to say.
func judgePartial(ex *Exchange) (verdict, bool) {
	switch {
	case ex.Status == http.StatusAccepted:
		return again(retryAfter(ex), errNotYet).advise(`a rule can say how often to ask: {status: 202, do: retry, wait: 30s}`), true
	case ex.Status == http.StatusPartialContent && partOfBytes(ex.Header):
		return again(-1, errPart).advise("a cache or proxy between may answer so: it must pass the whole body on"), true
	}
	return verdict{}, false
}

var (
	errNotYet = errors.New("answered 202 Accepted: the API has taken the request, but its answer is not ready")
	errPart   = errors.New("answered 206 Partial Content: these are some bytes of a body, and no Range was asked for")
)

// partOfBytes reports whether a 206 holds bytes out of the middle of a body.
func partOfBytes(h http.Header) bool {
	unit, _, _ := strings.Cut(strings.TrimSpace(h.Get("Content-Range")), " ")
	return strings.EqualFold(unit, "bytes") || strings.HasPrefix(strings.ToLower(h.Get("Content-Type")), "multipart/byteranges")
}

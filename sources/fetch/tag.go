package fetch

import (
	"net/http"
)

// Tag is what is kept of an answer, so that the API can be asked whether that has
// changed, and the walk can go on from it where it has not.
type Tag struct {
	ETag     string      `json:"etag,omitempty"`
	Modified string      `json:"modified,omitempty"` // Last-Modified, where there is no ETag
	Header   http.Header `json:"header,omitempty"`
	Beside   []byte      `json:"beside"` // the body, with nothing in the place of its records
	Records  int         `json:"records"`
}

// Tags are those of one stream's answers, by the digest of the request. Its
// functions are called from any goroutine.
type Tags struct {
	Of   func(request [16]byte) *Tag // that the last finished pass got; nil: there is none
	Keep func(request [16]byte, t *Tag)
	// Changed is called before a page leaves that is another one than in that pass.
	Changed func()
}

package testrig

import (
	"io"
	"net/http"
	"strings"
)

// API is a function as an http.RoundTripper: it answers each request.
type API func(*http.Request) (*http.Response, error)

// RoundTrip calls the function.
func (f API) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Answer is the answer to a request, with a body and its length. Header are names and
// values in turn.
func Answer(r *http.Request, status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return &http.Response{
		StatusCode: status, Header: h, Request: r, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// JSON is an answer that says it is JSON.
func JSON(r *http.Request, status int, body string) *http.Response {
	return Answer(r, status, body, "Content-Type", "application/json")
}

// CursorInHeader is an API of package apitest that takes the cursor from the header
// X-Cursor, too.
func CursorInHeader(api http.RoundTripper) http.RoundTripper {
	return API(func(r *http.Request) (*http.Response, error) {
		if cursor := r.Header.Get("X-Cursor"); cursor != "" {
			r = r.Clone(r.Context())
			query := r.URL.Query()
			query.Set("cursor", cursor)
			r.URL.RawQuery = query.Encode()
		}
		return api.RoundTrip(r)
	})
}

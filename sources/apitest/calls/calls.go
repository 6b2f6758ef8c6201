// Package calls makes calls to an API, for the tests of apitest and of what extends it.
package calls

import (
	"io"
	"net/http"
	"strings"
)

// Call is a request.
type Call struct {
	Method, URL, Body string
	Header            http.Header
}

// Get is the call that asks for a URL.
func Get(url string) Call { return Call{Method: http.MethodGet, URL: url} }

// Reply is a whole answer.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do makes a call through c and reads the answer to its end.
func Do(c *http.Client, in Call) (Reply, error) {
	r, err := http.NewRequest(in.Method, in.URL, strings.NewReader(in.Body))
	if err != nil {
		return Reply{}, err
	}
	if in.Header != nil {
		r.Header = in.Header
	}
	res, err := c.Do(r)
	if err != nil {
		return Reply{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return Reply{res.StatusCode, res.Header, body}, err
}

package probe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// ErrNotRecorded is what a call gets that a tape has no answer to and may not make.
var ErrNotRecorded error = notRecorded{}

type notRecorded struct{}

func (notRecorded) Error() string {
	return "the answer was not recorded, and no more calls may be made"
}

// Final says to package fetch that asking again is of no use.
func (notRecorded) Final() bool { return true }

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// maxAnswer is how much of an answer is read.
const maxAnswer = 32 << 20

// Tape makes calls, and keeps their answers: the same call is made once. It is
// an http.RoundTripper.
type Tape struct {
	api  http.RoundTripper // nil: only what is recorded is answered
	most int

	mu    sync.Mutex
	calls int
	kept  map[string]*Answer
}

// NewTape returns a tape that makes so many calls at most.
func NewTape(api http.RoundTripper, most int) *Tape {
	return &Tape{api: api, most: most, kept: map[string]*Answer{}}
}

// Record adds an exchange that was made elsewhere. The first answer to a call counts.
func (t *Tape) Record(r *http.Request, body []byte, answer *Answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if id := callID(r, body); t.kept[id] == nil {
		t.kept[id] = answer
	}
}

// Forget forgets all answers: the server has moved on with them.
func (t *Tape) Forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = map[string]*Answer{}
}

// Left is how many calls may still be made.
func (t *Tape) Left() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.api == nil {
		return 0
	}
	return t.most - t.calls
}

// Calls is how many calls were made.
func (t *Tape) Calls() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.calls
}

// Recorded reports whether the tape answers from what is recorded alone.
func (t *Tape) Recorded() bool { return t.api == nil }

// RoundTrip answers from what was kept, or makes the call.
func (t *Tape) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	id := callID(r, body)
	t.mu.Lock()
	kept := t.kept[id]
	if kept == nil && t.api != nil && t.calls < t.most {
		t.calls++
	} else if kept == nil {
		t.mu.Unlock()
		return nil, fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, ErrNotRecorded)
	}
	t.mu.Unlock()
	if kept != nil {
		return kept.response(r), nil
	}
	answer, err := t.make(r, body)
	if notConnected(err) {
		t.mu.Lock()
		t.calls-- // nothing was asked
		t.mu.Unlock()
	}
	if err != nil {
		return nil, err
	}
	if answer.Status < 400 {
		t.mu.Lock()
		t.kept[id] = answer
		t.mu.Unlock()
	}
	return answer.response(r), nil
}

// notConnected reports whether a call failed before anything was sent.
func notConnected(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

func (t *Tape) make(r *http.Request, body []byte) (*Answer, error) {
	sent := r.Clone(r.Context())
	if body != nil {
		sent.Body = io.NopCloser(bytes.NewReader(body))
	}
	sent.Header.Del("Accept-Encoding") // the transport unpacks what it asks for itself
	if sent.Header.Get("User-Agent") == "" {
		sent.Header.Set("User-Agent", "tap-rest")
	}
	answer, err := t.api.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err == nil && len(text) > maxAnswer {
		err = fmt.Errorf("the answer is larger than %d MiB: ask for fewer records at a time", maxAnswer>>20)
	}
	if err != nil {
		return nil, err
	}
	return &Answer{answer.StatusCode, answer.Header, text}, nil
}

func (a *Answer) response(r *http.Request) *http.Response {
	header := a.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Del("Content-Length")
	header.Del("Content-Encoding")
	header.Del("Transfer-Encoding")
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status)), StatusCode: a.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(a.Body)), ContentLength: int64(len(a.Body)), Request: r,
	}
}

// callID is the same for calls that ask for the same: in whatever order
// parameters and members stand. Headers do not count.
func callID(r *http.Request, body []byte) string {
	query := strings.Split(r.URL.RawQuery, "&")
	for i, part := range query {
		name, value, _ := strings.Cut(part, "=")
		query[i] = plainQuery(name) + "=" + plainQuery(value)
	}
	slices.Sort(query)
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var value any
	if dec.Decode(&value) == nil {
		if canonical, err := json.Marshal(value); err == nil {
			body = canonical
		}
	}
	return r.Method + " " + strings.ToLower(r.URL.Scheme+"://"+r.URL.Host) + r.URL.EscapedPath() + "?" + strings.Join(query, "\x00") + "\x00\x00" + string(body)
}

func plainQuery(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

package report

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/fetch/recorded"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
	"github.com/tap-rest/tap-rest/state/journal"
)

// A HAR is an HTTP Archive, version 1.2, under way: a document that browsers
// open in their network tab. What the journal does not keep, as the headers and
// bodies of requests, is left empty or says that it is not known.
//
// Beside what HAR 1.2 requires it has what browsers want: Firefox opens no
// archive without pages; Chromium takes JSON for a script and adds unknown sizes
// up unless fields of its own, which begin with _, say better.
type HAR struct {
	out   io.Writer
	began bool
}

// HARBegin is what each archive of this program begins with.
const HARBegin = `{"log":{"version":"1.2","creator":{"name":"tap-rest",`

// NewHAR begins an archive. version is the program's.
func NewHAR(out io.Writer, version string) (*HAR, error) {
	quoted, err := json.Marshal(version)
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(out, HARBegin+`"version":%s},"pages":[],"entries":[`, quoted)
	return &HAR{out: out}, err
}

// Add writes an exchange of a stream.
func (h *HAR) Add(e *journal.Exchange, stream string) error {
	return h.add(e.Key, newHAREntry(e, stream))
}

// AddFailed writes an exchange that failed for good. One without an answer has
// the status 0 and its error where browsers show it.
func (h *HAR) AddFailed(f *journal.Failure) error {
	entry := newHAREntry(&f.Exchange, f.Stream)
	entry.Comment += ", failed: " + f.Why
	if f.Status == 0 {
		entry.Response.Error = f.Why
	}
	return h.add(f.Key, entry)
}

func (h *HAR) add(key journal.Key, entry harEntry) error {
	separator := ",\n"
	if !h.began {
		h.began, separator = true, "\n"
	}
	var line bytes.Buffer
	line.WriteString(separator)
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false) // URLs stay as they are
	if err := encoder.Encode(entry); err != nil {
		return fmt.Errorf("write %v: %w", key, err)
	}
	_, err := h.out.Write(bytes.TrimSuffix(line.Bytes(), []byte("\n")))
	return err
}

// Close ends the archive.
func (h *HAR) Close() error {
	_, err := io.WriteString(h.out, "\n]}}\n")
	return err
}

// unknown is the size of what nobody measured, as HAR has it.
const unknown = -1

// The objects of HAR 1.2.
type (
	harEntry struct {
		Started  string      `json:"startedDateTime"`
		Time     float64     `json:"time"` // milliseconds, as all times
		Request  harRequest  `json:"request"`
		Response harResponse `json:"response"`
		Cache    struct{}    `json:"cache"`
		Timings  harTimings  `json:"timings"`
		Comment  string      `json:"comment,omitempty"`
		Kind     string      `json:"_resourceType"`
	}
	harRequest struct {
		Method      string    `json:"method"`
		URL         string    `json:"url"`
		HTTPVersion string    `json:"httpVersion"`
		Cookies     []harPair `json:"cookies"`
		Headers     []harPair `json:"headers"`
		QueryString []harPair `json:"queryString"`
		HeadersSize int       `json:"headersSize"`
		BodySize    int       `json:"bodySize"`
	}
	harResponse struct {
		Status      int        `json:"status"`
		StatusText  string     `json:"statusText"`
		HTTPVersion string     `json:"httpVersion"`
		Cookies     []harPair  `json:"cookies"`
		Headers     []harPair  `json:"headers"`
		Content     harContent `json:"content"`
		RedirectURL string     `json:"redirectURL"`
		HeadersSize int        `json:"headersSize"`
		BodySize    int        `json:"bodySize"`
		Transfer    *int       `json:"_transferSize,omitempty"`
		Error       string     `json:"_error,omitempty"`
	}
	harContent struct {
		Size        int    `json:"size"` // decoded
		Compression *int   `json:"compression,omitempty"`
		MimeType    string `json:"mimeType"`
		Text        string `json:"text"`
		Encoding    string `json:"encoding,omitempty"`
	}
	harPair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	harTimings struct {
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
	}
)

func newHAREntry(e *journal.Exchange, stream string) harEntry {
	shown, err := recorded.Show(e)
	took := float64(e.Took) / float64(time.Millisecond)
	entry := harEntry{
		Started: e.At.Add(-e.Took).UTC().Format("2006-01-02T15:04:05.000Z"), Time: took,
		Request: newHARRequest(e.Request), Response: newHARResponse(e, shown), Timings: harTimings{Wait: took},
		Comment: fmt.Sprintf("stream %s, %d records", stream, e.Records),
		Kind:    "fetch",
	}
	if e.Attempts > 1 {
		entry.Comment += fmt.Sprintf(", attempt %d", e.Attempts)
	}
	if shown.URL != "" {
		entry.Comment += ", answered by " + shown.URL
	}
	if shown.LeftOut != "" {
		entry.Comment += ", " + shown.LeftOut
	}
	if err != nil {
		entry.Comment += ", " + err.Error()
	}
	return entry
}

// newHARRequest takes a request apart that the journal has as one text.
func newHARRequest(text string) harRequest {
	method, address, _ := strings.Cut(text, " ")
	_, query, _ := strings.Cut(address, "?")
	return harRequest{
		Method: method, URL: address, Cookies: []harPair{}, Headers: []harPair{}, QueryString: queryPairs(query),
		HeadersSize: unknown, BodySize: unknown,
	}
}

func queryPairs(query string) []harPair {
	pairs := []harPair{}
	for part := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(part, "="); name != "" {
			pairs = append(pairs, harPair{uri.Unescape(name), uri.Unescape(value)})
		}
	}
	return pairs
}

func newHARResponse(e *journal.Exchange, shown recorded.Shown) harResponse {
	r := harResponse{
		Status: e.Status, StatusText: http.StatusText(e.Status), Cookies: []harPair{}, Headers: headerPairs(shown.Header),
		Content:     harContent{Size: len(shown.Body), MimeType: shown.Header.Get("Content-Type"), Text: string(shown.Body)},
		HeadersSize: unknown, BodySize: unknown,
	}
	if r.Content.MimeType == "" {
		r.Content.MimeType = "application/octet-stream"
	}
	if !utf8.Valid(shown.Body) {
		r.Content.Text, r.Content.Encoding = base64.StdEncoding.EncodeToString(shown.Body), "base64"
	}
	size := len(e.Body) + int(e.LeftOut)
	if shown.LeftOut != "" {
		r.Content.Size, r.BodySize, r.Transfer = unknown, size, &size
		if shown.Header.Get("Content-Encoding") == "" {
			r.Content.Size = size
		}
		return r
	}
	if !shown.Sealed {
		saved := len(shown.Body) - size
		r.BodySize, r.Transfer, r.Content.Compression = size, &size, &saved
	}
	return r
}

// headerPairs are the fields of a header by their names.
func headerPairs(h http.Header) []harPair {
	pairs := []harPair{}
	for name, values := range h {
		for _, v := range values {
			pairs = append(pairs, harPair{name, v})
		}
	}
	slices.SortStableFunc(pairs, func(a, b harPair) int { return strings.Compare(a.Name, b.Name) })
	return pairs
}

package apitest

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// File is a file of a job, or of a [Exports.Listing].
type File struct {
	Name     string
	Type     string // Content-Type; "": application/octet-stream
	Rows     int    // how many records the API says that the file has
	Data     []byte
	Modified time.Time // zero: the day of its number, counted from 2024-01-01
	URL      string    // what the job's answer gives as the link, where the API serves no file: a page of a collection
}

// file is a File in service. Files are replaced, never changed.
type file struct {
	File
	sum string // SHA-256 of Data
}

// firstDay is when all that the sample data tells of begins.
var firstDay = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

func newFile(f File, n int) *file {
	if f.Modified.IsZero() {
		f.Modified = firstDay.AddDate(0, 0, n)
	}
	sum := sha256.Sum256(f.Data)
	return &file{f, hex.EncodeToString(sum[:])}
}

// etag follows from the file's bytes.
func (f *file) etag() string { return `"` + f.sum[:32] + `"` }

// made returns the files of a job that is ready. The slice is the caller's own.
func (e *Exports) made(j *job) []*file {
	j.once.Do(func() {
		if e.Files == nil || j.N == 0 {
			return
		}
		e.mu.Lock()
		now := j.snapshot(e)
		e.mu.Unlock()
		for n, f := range e.Files(now) {
			j.files = append(j.files, newFile(f, n))
		}
	})
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]*file(nil), j.files...)
}

// download answers GET /files/ID/N.
func (e *Exports) download(x *exchange) *problem {
	if e.FilesBase != "" && origin(x.url) != strings.TrimSuffix(e.FilesBase, "/") {
		return x.refuseFile(404, "NoSuchBucket", "The specified bucket does not exist")
	}
	id, number, _ := strings.Cut(strings.TrimPrefix(x.url.Path, filesPath+"/"), "/")
	n, err := strconv.Atoi(number)
	j := e.job(id)
	if err != nil || j == nil {
		return x.refuseFile(404, "NoSuchKey", "The specified key does not exist.")
	}
	return e.give(x, j, n)
}

// give answers with file n of a job, or the range of it that is asked for.
func (e *Exports) give(x *exchange, j *job, n int) *problem {
	d := e.ledger.open(e, x, j, n)
	defer func() { e.ledger.status(e, d, x) }()
	inline := strings.HasPrefix(x.url.Path, exportsPath)
	switch {
	case x.r.Method != http.MethodGet:
		return x.refuseFile(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	case e.FilesBase != "" && !inline && x.r.Header.Get("Authorization") != "":
		return x.refuseFile(400, "InvalidArgument", "Only one auth mechanism allowed")
	}
	if !e.Unsigned && !inline {
		if code, message := e.links.redeem(e, x); code != "" {
			return x.refuseFile(403, code, message)
		}
	}
	files := e.served(j)
	if n < 0 || n >= len(files) {
		return x.refuseFile(404, "NoSuchKey", "The specified key does not exist.")
	}
	f := files[n]
	x.answer.header.Set("Content-Type", cmp.Or(f.Type, "application/octet-stream"))
	x.answer.header.Set("ETag", f.etag())
	http.ServeContent(content{x}, x.r, "", f.Modified, bytes.NewReader(f.Data))
	x.answer.sent = e.ledger.count(e, d, f, x)
	return nil
}

// served returns the files of a job; none unless it is ready.
func (e *Exports) served(j *job) []*file {
	e.mu.Lock()
	ready := j.state(e) == "ready" || j.N == 0 && j.gone == 0
	e.mu.Unlock()
	if !ready {
		return nil
	}
	return e.made(j)
}

// content lets net/http write an exchange's answer, so that ranges and conditions
// are those of its file server.
type content struct{ *exchange }

func (c content) Header() http.Header { return c.answer.header }

func (c content) WriteHeader(status int) {
	c.answered, c.answer.status = true, status
	if n, err := strconv.Atoi(c.answer.header.Get("Content-Length")); err == nil {
		c.answer.body = make([]byte, 0, n)
	}
}

func (c content) Write(p []byte) (int, error) {
	c.answer.body = append(c.answer.body, p...)
	return len(p), nil
}

// refuseFile answers as stores of files do, in XML. There is then no problem left.
func (x *exchange) refuseFile(status int, code, message string) *problem {
	body := fmt.Sprintf("%s<Error><Code>%s</Code><Message>%s</Message><RequestId>req-%06d</RequestId></Error>", xml.Header, code, message, x.n)
	x.respond(status, "application/xml", []byte(body))
	return nil
}

// origin returns the scheme and host of a URL.
func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

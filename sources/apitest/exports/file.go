package exports

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

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// File is a file of a job, or of a [Server.Listing].
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
func (e *Server) made(j *job) []*file {
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
func (e *Server) download(c *apitest.Call) {
	if e.FilesBase != "" && origin(c.URL()) != strings.TrimSuffix(e.FilesBase, "/") {
		refuseFile(c, 404, "NoSuchBucket", "The specified bucket does not exist")
		return
	}
	id, number, _ := strings.Cut(strings.TrimPrefix(c.URL().Path, filesPath+"/"), "/")
	n, err := strconv.Atoi(number)
	j := e.job(id)
	if err != nil || j == nil {
		refuseFile(c, 404, "NoSuchKey", "The specified key does not exist.")
		return
	}
	e.give(c, j, n)
}

// give answers with file n of a job, or the range of it that is asked for.
func (e *Server) give(c *apitest.Call, j *job, n int) {
	d := e.ledger.open(e, c, j, n)
	defer func() { e.ledger.status(e, d, c) }()
	inline := strings.HasPrefix(c.URL().Path, exportsPath)
	switch {
	case c.Request().Method != http.MethodGet:
		refuseFile(c, 405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
		return
	case e.FilesBase != "" && !inline && c.Request().Header.Get("Authorization") != "":
		refuseFile(c, 400, "InvalidArgument", "Only one auth mechanism allowed")
		return
	}
	if !e.Unsigned && !inline {
		if code, message := e.links.redeem(e, c); code != "" {
			refuseFile(c, 403, code, message)
			return
		}
	}
	files := e.served(j)
	if n < 0 || n >= len(files) {
		refuseFile(c, 404, "NoSuchKey", "The specified key does not exist.")
		return
	}
	f := files[n]
	c.Header().Set("Content-Type", cmp.Or(f.Type, "application/octet-stream"))
	c.Header().Set("ETag", f.etag())
	http.ServeContent(c, c.Request(), "", f.Modified, bytes.NewReader(f.Data))
	c.Counts(e.ledger.count(e, d, f, c))
}

// served returns the files of a job; none unless it is ready.
func (e *Server) served(j *job) []*file {
	e.mu.Lock()
	ready := j.state(e) == "ready" || j.N == 0 && j.gone == 0
	e.mu.Unlock()
	if !ready {
		return nil
	}
	return e.made(j)
}

// refuseFile answers as stores of files do, in XML.
func refuseFile(c *apitest.Call, status int, code, message string) {
	body := fmt.Sprintf("%s<Error><Code>%s</Code><Message>%s</Message><RequestId>req-%06d</RequestId></Error>", xml.Header, code, message, c.Number())
	c.Answer(status, "application/xml", []byte(body))
}

// origin returns the scheme and host of a URL.
func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

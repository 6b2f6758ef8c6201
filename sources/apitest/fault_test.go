package apitest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/calls"
	"github.com/tap-rest/tap-rest/sources/apitest/coding"
)

// faults strike the first request to items, whose page without them is 10
// records, ids 1 to 10.
var faults = []struct {
	name  string
	fault apitest.Fault
	log   string // as Requests has it
	check func(r calls.Reply, err error) error
}{
	{"status", apitest.Status(500), "500", wants(500, `{"error":{"code":"internal_server_error",`)},
	{
		"throttled", apitest.Status(429, apitest.RetryAfter("2")), "429",
		all(wants(429, `{"error":{"code":"throttled",`), wantHeader("Retry-After", "2")),
	},
	{"no content", apitest.Status(204), "204", wants(204, "")},
	{"date", apitest.Status(503, apitest.RetryAfterDate(90*time.Second)), "503", checkDate},
	{"body", apitest.Body(200, "text/plain", "[]"), "body", all(wants(200, "[]"), wantHeader("Content-Type", "text/plain"))},
	{"HTML", apitest.HTML(), "html", all(wants(200, "<!DOCTYPE html>"), wantHeader("Content-Type", "text/html; charset=utf-8"))},
	{"header", apitest.Header("Date", "yesterday"), "header", all(wants(200, `{"data":[{"id":1,`), wantHeader("Date", "yesterday"))},
	{"no header", apitest.Header("Date", ""), "header", all(wants(200, `{"data":[{"id":1,`), wantHeader("Date", ""))},
	{"cut", apitest.CutBody(40), "cut", wantsError(io.ErrUnexpectedEOF, 40)},
	{"cut at once", apitest.CutBody(0), "cut", wantsError(io.ErrUnexpectedEOF, 0)},
	{"cut before the last byte", apitest.CutBody(1 << 40), "cut", checkCutLast},
	{"cut from the end", apitest.CutBody(-1), "cut", checkCutLast},
	{"cut chunked", apitest.CutChunked(40), "cut", wantsError(io.ErrUnexpectedEOF, 40)},
	{"chunked", apitest.Chunked(), "chunked", all(wants(200, `{"data":[{"id":1,`), wantHeader("Content-Length", ""))},
	{"reset", apitest.Reset(), "reset", wantsError(syscall.ECONNRESET, 0)},
	{"reset body", apitest.ResetBody(40), "reset", wantsError(syscall.ECONNRESET, 40)},
	{"drip", apitest.Drip(time.Millisecond, 100), "drip", wants(200, `{"data":[{"id":1,`)},
	{"empty page", apitest.EmptyPage(), "empty", checkPage(0, func(e envelope) bool { return e.NextPage != "" && e.HasMore })},
	{"dropped token", apitest.DropToken(), "lost", checkPage(10, func(e envelope) bool { return e.NextPage == "" && e.HasMore })},
	{"early end", apitest.EarlyEnd(), "end", checkPage(10, func(e envelope) bool { return e.NextPage == "" && !e.HasMore })},
	{"short total", apitest.ShortTotal(5), "total", checkPage(10, func(e envelope) bool { return e.Meta.Total == 100 && e.Meta.Pages == 10 })},
	{"repeat of nothing", apitest.RepeatPage(), "repeat", checkPage(10, func(e envelope) bool { return e.NextPage != "" })},
	{"Latin-1", apitest.InvalidUTF8(), "latin1", checkLatin1},
	{"truncated", apitest.TruncateJSON(-10), "truncate", checkTruncated},
	{"big", apitest.BigBody(10 << 20), "big", checkBig},
	{"broken gzip", apitest.BrokenGzip(coding.Named("gzip")), "gzip", checkGzip},
	{"false gzip", apitest.Header("Content-Encoding", "gzip"), "header", wants(200, `{"data":[{"id":1,`)},
	{
		"several", apitest.All(apitest.Status(503), apitest.CutBody(5)), "503+cut",
		wantsError(io.ErrUnexpectedEOF, 5),
	},
}

// TestFaults strikes with each fault, over both transports, and lets the request
// after it through.
func TestFaults(t *testing.T) {
	for _, tt := range faults {
		t.Run(tt.name, func(t *testing.T) {
			both(t, func() *apitest.API {
				return apitest.New(apitest.On(1, tt.fault)).Add(items(apitest.Cursor, nil))
			}, func(t *testing.T, api *apitest.API, c *http.Client, base string) {
				r, err := calls.Do(c, calls.Get(base+"/items"))
				if err := tt.check(r, err); err != nil {
					t.Error(err)
				}
				if got := api.Requests()[0].Fault; got != tt.log {
					t.Errorf("log says fault %q, want %q", got, tt.log)
				}
				r, err = calls.Do(c, calls.Get(base+"/items"))
				if err := wants(200, `{"data":[{"id":1,`)(r, err); err != nil {
					t.Errorf("the request after: %v", err)
				}
			})
		})
	}
}

type check = func(r calls.Reply, err error) error

func all(checks ...check) check {
	return func(r calls.Reply, err error) error {
		for _, c := range checks {
			if err := c(r, err); err != nil {
				return err
			}
		}
		return nil
	}
}

// wants checks the status and how the body begins.
func wants(status int, prefix string) check {
	return func(r calls.Reply, err error) error {
		if err != nil {
			return err
		}
		if r.Status != status || !strings.HasPrefix(string(r.Body), prefix) {
			return fmt.Errorf("got %d %.100q, want %d %q…", r.Status, r.Body, status, prefix)
		}
		return nil
	}
}

func wantHeader(name, value string) check {
	return func(r calls.Reply, _ error) error {
		if got := r.Header.Get(name); got != value {
			return fmt.Errorf("%s: %q, want %q", name, got, value)
		}
		return nil
	}
}

// wantsError checks how reading ended and how much came before.
func wantsError(want error, size int) check {
	return func(r calls.Reply, err error) error {
		if !errors.Is(err, want) {
			return fmt.Errorf("error %v, want %v", err, want)
		}
		if len(r.Body) != size {
			return fmt.Errorf("%d bytes came, want %d", len(r.Body), size)
		}
		return nil
	}
}

func checkCutLast(r calls.Reply, err error) error {
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("error %v", err)
	}
	if !json.Valid(append(r.Body, '}')) {
		return fmt.Errorf("more than the last byte is missing: %q", r.Body)
	}
	return nil
}

func checkDate(r calls.Reply, err error) error {
	if err != nil {
		return err
	}
	at, err := http.ParseTime(r.Header.Get("Retry-After"))
	if err != nil {
		return err
	}
	if d := time.Until(at); d < 80*time.Second || d > 90*time.Second {
		return fmt.Errorf("Retry-After is %v from now, want 90s", d)
	}
	return nil
}

func checkPage(records int, ok func(envelope) bool) check {
	return func(r calls.Reply, err error) error {
		if err != nil {
			return err
		}
		e, err := decode(r)
		if err != nil {
			return err
		}
		if len(e.Data) != records || !ok(e) {
			return fmt.Errorf("%d records, want %d: %s", len(e.Data), records, r.Body)
		}
		return nil
	}
}

func checkLatin1(r calls.Reply, err error) error {
	if err != nil {
		return err
	}
	if utf8.Valid(r.Body) || !json.Valid(bytes.ToValidUTF8(r.Body, nil)) {
		return fmt.Errorf("want JSON but for one byte: %q", r.Body)
	}
	return nil
}

func checkTruncated(r calls.Reply, err error) error {
	if err != nil {
		return err
	}
	if json.Valid(r.Body) || r.Header.Get("Content-Length") != fmt.Sprint(len(r.Body)) {
		return fmt.Errorf("want broken JSON in a whole answer: %q", r.Body)
	}
	return nil
}

func checkBig(r calls.Reply, err error) error {
	if err != nil {
		return err
	}
	if len(r.Body) != 10<<20 {
		return fmt.Errorf("%d bytes, want 10 MiB", len(r.Body))
	}
	return checkPage(10, func(e envelope) bool { return e.NextPage != "" })(r, err)
}

func checkGzip(r calls.Reply, err error) error {
	if err != nil {
		return err
	}
	if got := r.Header.Get("Content-Encoding"); got != "gzip" {
		return fmt.Errorf("Content-Encoding %q", got)
	}
	z, err := gzip.NewReader(bytes.NewReader(r.Body))
	if err != nil {
		return err
	}
	if _, err := io.ReadAll(z); !errors.Is(err, gzip.ErrChecksum) {
		return fmt.Errorf("error %v, want %v", err, gzip.ErrChecksum)
	}
	return nil
}

// TestFaultsInAWalk has the faults that need an answer before them.
func TestFaultsInAWalk(t *testing.T) {
	tests := []struct {
		name  string
		fault apitest.Fault
		want  []int // the first ids of the pages that a client gets
	}{
		{"none", apitest.All(), []int{1, 11, 21, 31, 41}},
		{"repeated page", apitest.RepeatPage(), []int{1, 11, 11, 21, 31}},
		{"same token", apitest.SameToken(), []int{1, 11, 21, 21, 31}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			api := apitest.New(apitest.On(3, tt.fault)).Add(items(apitest.Cursor, nil))
			c := &http.Client{Transport: api}
			var got []int
			in := calls.Get("http://shop.example/items")
			for range tt.want {
				r, err := calls.Do(c, in)
				if err != nil {
					t.Fatal(err)
				}
				records, next, err := walkCursor(in, r)
				if err != nil {
					t.Fatal(err)
				}
				var v struct{ ID int }
				if err := json.Unmarshal(records[0], &v); err != nil {
					t.Fatal(err)
				}
				got = append(got, v.ID)
				in = *next
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("pages start at %v, want %v", got, tt.want)
			}
		})
	}
}

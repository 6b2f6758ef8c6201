package fetch_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch/body"
	part "github.com/tap-rest/tap-rest/sources/fetch/partial"
)

func headOf(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

// begun is a part of 40 bytes of an answer with these headers.
func begun(t *testing.T, h http.Header) *part.Part {
	t.Helper()
	file, err := body.NewFile()
	if err != nil {
		t.Fatal(err)
	}
	var p part.Part
	p.TurnTo([16]byte{1}, 0)
	if !p.Inherit(file, 40, h) {
		t.Fatal("40 bytes of 100 are no part of them")
	}
	t.Cleanup(p.Leave)
	return &p
}

// TestPartGoesOn: what is answered to the request for the rest is taken for it only where the
// version, the place and the number of the bytes say so.
func TestPartGoesOn(t *testing.T) {
	began := headOf("ETag", `"a"`, "Content-Length", "100")
	tests := []struct {
		name   string
		status int
		header http.Header
		rest   int64
		is     bool
		fails  bool // it is no part, though one was asked for
	}{
		{"the rest", 206, headOf("Content-Range", "bytes 40-99/100", "ETag", `"a"`), 60, true, false},
		{"the rest, whose length is not said", 206, headOf("Content-Range", "bytes 40-99/*", "ETag", `"a"`), 60, true, false},
		{"another version", 206, headOf("Content-Range", "bytes 40-99/100", "ETag", `"b"`), 0, false, true},
		{"no version", 206, headOf("Content-Range", "bytes 40-99/100"), 0, false, true},
		{"another place", 206, headOf("Content-Range", "bytes 30-99/100", "ETag", `"a"`), 0, false, true},
		{"another length", 206, headOf("Content-Range", "bytes 40-119/120", "ETag", `"a"`), 0, false, true},
		{"all of it", 200, headOf("ETag", `"a"`), 0, false, false},
		{"nothing behind, and there should be", 416, headOf("Content-Range", "bytes */100"), 0, false, true},
		{"an error", 503, headOf(), 0, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rest, is, err := begun(t, began).GoesOn(tt.status, tt.header)
			if rest != tt.rest || is != tt.is || (err != nil) != tt.fails {
				t.Errorf("got %d, %t, %v, want %d, %t, an error: %t", rest, is, err, tt.rest, tt.is, tt.fails)
			}
		})
	}
}

// TestPartAsks: a request asks for the rest as long as there is a part, and of the version that
// the part is of.
func TestPartAsks(t *testing.T) {
	p := begun(t, headOf("ETag", `"a"`, "Content-Length", "100"))
	h := http.Header{}
	if p.Ask(h); h.Get("Range") != "bytes=40-" || h.Get("If-Range") != `"a"` {
		t.Errorf("got %v, want the range and the version", h)
	}
	if !p.TurnTo([16]byte{2}, 0) {
		t.Error("another request has the same part")
	}
	h = http.Header{}
	if p.Ask(h); len(h) > 0 {
		t.Errorf("another request asks for %v, want all", h)
	}
}

// TestPartInheritTooLong: what is longer than the body is no part of it.
func TestPartInheritTooLong(t *testing.T) {
	file, err := body.NewFile()
	if err != nil {
		t.Fatal(err)
	}
	var p part.Part
	if p.Inherit(file, 140, headOf("ETag", `"a"`, "Content-Length", "100")) {
		t.Error("140 bytes are taken for a part of 100")
	}
}

// TestPartRest: a rest that ends before all of it came is one that broke off.
func TestPartRest(t *testing.T) {
	for _, tt := range []struct {
		name string
		left int64
		got  string
		fail error
	}{
		{"as long as it should be", 5, "abcde", nil},
		{"longer: no more is read", 3, "abc", nil},
		{"shorter", 9, "abcde", io.ErrUnexpectedEOF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := io.ReadAll(part.Rest(strings.NewReader("abcde"), tt.left))
			if string(got) != tt.got || !errors.Is(err, tt.fail) {
				t.Errorf("got %q, %v, want %q, %v", got, err, tt.got, tt.fail)
			}
		})
	}
}

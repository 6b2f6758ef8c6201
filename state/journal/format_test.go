package journal

import (
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestFormat holds the bytes that FORMAT.md describes.
func TestFormat(t *testing.T) {
	fs := newMemFS()
	j := open(t, testDir, Options{FS: fs})
	must(t, j.Begin(Pass{ID: "a", Stream: "s", AsOf: time.Unix(1, 2), Begun: time.Unix(3, 4), Previous: "p", Shape: "h", From: []byte(`"f"`)}))
	e := &Exchange{
		Key: Key{"a", "p", 0, 1}, At: time.Unix(5, 6), Took: 7, Request: "GET x", Digest: [16]byte{0xd0, 15: 0xdf},
		Status: 200, Attempts: 1, Records: 2, Header: http.Header{"A": {"b"}}, Body: []byte("body"),
	}
	_, err := j.Append(e)
	must(t, err)
	must(t, j.Reject(e.Key))
	b := fs.files[j.path(1)].now
	mark := hex.EncodeToString(b[16:24])
	want := []string{
		"7461702d72657374" + "01000000" + "01000000" + mark + "00000000" + "0000000000000000",
		"01000000" + "10000000" + "0300000000000000" + "0161" + "02" + "0173" + "0202" + "0604" + "0170" + "0168" + "00" + "01" + "06" + hex.EncodeToString([]byte(`"f"`)),
		"04000000" + "29000000" + "0400000000000000" + "0161" + "0170" + "00" + "02" + "00" + "d00000000000000000000000000000df" + "0a06" + "0e" +
			"0547455420" + "78" + "9003" + "02" + "04" + "02" + "0141" + "0162" + hex.EncodeToString([]byte("body")),
		"06000000" + "06000000" + "0000000000000000" + "0161" + "0170" + "00" + "02",
	}
	got := []string{hex.EncodeToString(b[:headerSize-4])}
	for i, f := range framesOf(t, b) {
		frame := hex.EncodeToString(b[f.from:f.to])
		if !strings.HasPrefix(frame, mark) {
			t.Errorf("frame %d does not begin with the mark", i)
		}
		// Each mark is there twice.
		if rest := frame[2*16:]; i == 0 || got[len(got)-1] != rest {
			got = append(got, rest)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("bytes\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

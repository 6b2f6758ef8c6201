//go:build linux

package main_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// longRow is a row of a long file; rows differ in their ids alone.
const longRow = `%d,12345678901234567890.10,2025-01-02T00:00:00Z,"Teapot with infuser, 1.2 l",kitchen,Main Street 1,,true` + "\n"

// longFile is an API of one CSV file, packed by gzip, that is made as it is sent.
type longFile struct{ rows int64 }

func (f longFile) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		panic(err)
	}
	b := bufio.NewWriterSize(z, 64<<10)
	fmt.Fprintln(b, "id,n,updated_at,name,tag,street,note,open")
	var line []byte
	for i := range f.rows {
		line = fmt.Appendf(line[:0], longRow, 1_000_000_000+i)
		b.Write(line)
	}
	b.Flush() // a client that is gone is no matter
	z.Close()
}

// TestLongFileMemory reads a packed file that is many times as long as the memory it
// may take.
func TestLongFileMemory(t *testing.T) {
	limit := int64(choose(48<<20, 40<<20))
	size := int64(choose(100, 5000)) * 1e6
	f := longFile{rows: size / int64(len(fmt.Appendf(nil, longRow, 1_000_000_000)))}
	server := httptest.NewServer(f)
	defer server.Close()
	r := newRig(t)
	r.url, r.stream = server.URL, `records: "@this"
    primary_key: [id]
    decode: {format: csv, unpack: [gzip]}
    schema: {properties: {id: {type: integer}, n: {type: number}, note: {type: ["null", string]}, open: {type: boolean}}}`
	r.pagination = "{type: none}"
	most := int64(0)
	for range 3 { // a machine that is busy keeps the collector from its turn
		began := time.Now()
		p := r.start(t, "")
		memory := peak(p)
		records, last := countLines(t, p.reader)
		p.wait(t)
		if !p.status.Exited() || p.status.ExitStatus() != 0 {
			t.Fatalf("got %v; stderr:\n%s", p.status, p.stderr.String())
		}
		if records != f.rows || !bytes.HasPrefix(last, []byte(`{"type":"STATE"`)) {
			t.Errorf("got %d records of %d, and last %.100s", records, f.rows, last)
		}
		most = memory()
		t.Logf("%d MB in %s, peak %.1f MB", size/1e6, time.Since(began).Round(time.Millisecond), float64(most)/1e6)
		if most <= limit {
			return
		}
	}
	t.Errorf("it took %d bytes of memory three times, want at most %d", most, limit)
}

package journal

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"
)

// noise is what cannot be packed.
func noise(size int) []byte {
	b := make([]byte, size)
	r := rand.New(rand.NewPCG(3, 5))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// TestPacked records bodies of all kinds and lengths, in one write and as
// drafts: they come out as they went in, and take less room where they can.
func TestPacked(t *testing.T) {
	text := bytes.Repeat([]byte(`{"id":9007199254740993,"name":"x"},`), 40_000)
	bodies := map[string][]byte{
		"none": nil, "short": text[:leastPacked-1], "least": text[:leastPacked], "block": text[:packBlock], "more": text[:packBlock+1],
		"long": text, "noise": noise(3 * packBlock), "half": append(noise(packBlock), text[:packBlock]...),
	}
	for name, body := range bodies {
		for _, encoding := range []string{"", "identity", "gzip"} {
			for _, draft := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/draft=%v", name, encoding, draft), func(t *testing.T) {
					e := exchange("a", "p", 0, 0, 0)
					e.Body, e.Header = body, http.Header{"Content-Encoding": {encoding}}
					stored := checkPacked(t, e, draft)
					smaller := encoding != "gzip" && (len(body) >= leastPacked || draft && name == "short") && name != "noise"
					if spare := int64(len(body)) - stored; smaller != (spare > 0) || spare < -64 {
						t.Errorf("%d bytes take %d", len(body), stored)
					}
				})
			}
		}
	}
}

// checkPacked records an exchange, reads it back in every way, and returns how
// many bytes its body takes.
func checkPacked(t *testing.T, e *Exchange, draft bool) int64 {
	t.Helper()
	fs := newMemFS()
	j := open(t, testDir, Options{FS: fs})
	begin(t, j, "a")
	place, err := appendSome(j, e, draft)
	must(t, err)
	closed(t, j)
	checkSize(t, j, fs)
	j = open(t, testDir, Options{FS: fs})
	got, err := j.Read(place, []byte("over")[:0])
	if err != nil || !bytes.Equal(got.Body, e.Body) {
		t.Fatalf("read %d bytes, %v", len(got.Body), err)
	}
	_, r, err := j.Stream(place)
	must(t, err)
	if body, err := io.ReadAll(r); err != nil || !bytes.Equal(body, e.Body) || r.Size() != int64(len(body)) {
		t.Fatalf("read %d of %d bytes, %v", len(body), r.Size(), err)
	}
	must(t, r.Close())
	n := 0
	must(t, j.Each(func(each *Exchange) error {
		n++
		if !bytes.Equal(each.Body, e.Body) {
			t.Errorf("each has %d bytes", len(each.Body))
		}
		return nil
	}))
	if n != 1 {
		t.Errorf("%d exchanges, want 1", n)
	}
	return place.body
}

// TestPackedMemory: what packs and unpacks is made once, and no body is kept.
func TestPackedMemory(t *testing.T) {
	var p packer
	p.pack(bytes.Repeat(noise(packBlock), 40), nil)
	p.pack(make([]byte, leastPacked), nil)
	if cap(p.out.b) > keptPacked {
		t.Errorf("%d bytes are kept", cap(p.out.b))
	}
}

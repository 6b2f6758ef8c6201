package unpack

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"
	"go.uber.org/goleak"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// openAll reads all files of what in reads.
func openAll(in io.Reader, kind string, at bool) error {
	from := file.NewSource(in, nil, Most)
	defer from.Close()
	files, err := Open(from, []sources.Packing{{Kind: kind, Path: "d"}})
	if err != nil {
		return err
	}
	defer files.Close()
	for {
		f, _, err := files.Next()
		if err != nil {
			return err
		}
		if at {
			_, _, err = f.At()
		} else {
			_, err = io.Copy(io.Discard, f)
		}
		if err != nil {
			return err
		}
	}
}

// lots makes bytes out of nothing.
type lots struct{}

func (lots) Read(p []byte) (int, error) { return len(p), nil }

func TestRatio(t *testing.T) {
	l := &layer{kind: "bz2", in: newInput(strings.NewReader("x")), text: lots{}, most: Most}
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{l}, make([]byte, 1<<20))
	if err == nil || !strings.Contains(err.Error(), "no file with records is packed so closely") || n > freeOfRatio+1<<20 {
		t.Errorf("got %d bytes and %v", n, err)
	}
	l = &layer{kind: "gzip", in: newInput(strings.NewReader("x")), text: lots{}, most: 1 << 20}
	if _, err := io.Copy(io.Discard, l); !errors.Is(err, file.TooLong{Most: 1 << 20}) {
		t.Errorf("a long file: got %v", err)
	}
}

// again reads the same bytes over and over.
type again struct {
	text []byte
	i    int
}

func (a *again) Read(p []byte) (n int, err error) {
	for n < len(p) {
		k := copy(p[n:], a.text[a.i:])
		n += k
		a.i = (a.i + k) % len(a.text)
	}
	return n, nil
}

func TestTooManyMembers(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads 100,000 members, twice")
	}
	var one, z bytes.Buffer
	w := tar.NewWriter(&one)
	if err := errors.Join(w.WriteHeader(&tar.Header{Name: "a.csv"}), w.Flush()); err != nil {
		t.Fatal(err)
	}
	if err := openAll(&again{text: one.Bytes()}, "tar", false); err == nil || !strings.Contains(err.Error(), "more than 100000 members") {
		t.Errorf("tar: got %v", err)
	}
	archive := zip.NewWriter(&z)
	for range 120_000 {
		if _, err := archive.CreateHeader(&zip.FileHeader{Name: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := openAll(&z, "zip", false); err == nil || !strings.Contains(err.Error(), "more than 100000 members") {
		t.Errorf("zip: got %v", err)
	}
}

func TestLongDirectory(t *testing.T) {
	if testing.Short() {
		t.Skip("it writes 78 MB")
	}
	var z bytes.Buffer
	archive := zip.NewWriter(&z)
	comment := strings.Repeat("c", 65_000)
	for i := range 1_200 {
		if _, err := archive.CreateHeader(&zip.FileHeader{Name: fmt.Sprint(i), Comment: comment}); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := openAll(&z, "zip", false); err == nil || !strings.Contains(err.Error(), "its directory is larger than 64 MiB") {
		t.Errorf("got %v", err)
	}
}

// TestOverlap: two members of a directory that are the same bytes.
func TestOverlap(t *testing.T) {
	var z bytes.Buffer
	archive := zip.NewWriter(&z)
	for range 2 {
		w, err := archive.CreateHeader(&zip.FileHeader{Name: "a.csv", Method: zip.Deflate})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, "id\n1\n"); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	book := z.Bytes()
	second := bytes.LastIndex(book, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(book[second+42:], 0) // where the first member begins
	if err := openAll(bytes.NewReader(book), "zip", false); err == nil || !strings.Contains(err.Error(), `members "a.csv" and "a.csv" have bytes in common`) {
		t.Errorf("got %v", err)
	}
}

func TestLargeWindows(t *testing.T) {
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	if err == nil {
		_, err = io.WriteString(w, "id\n1\n")
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	text := b.Bytes()
	header := text[12 : 12+(int(text[12])+1)*4]
	header[4] = 40 // 4 GiB
	binary.LittleEndian.PutUint32(header[len(header)-4:], crc32.ChecksumIEEE(header[:len(header)-4]))
	if err := openAll(&b, "xz", false); err == nil || !strings.Contains(err.Error(), "a dictionary larger than 64 MiB") {
		t.Errorf("xz: got %v", err)
	}
	window := "\x28\xb5\x2f\xfd\x00\x90\x01\x00\x00" // 2^28 bytes
	if err := openAll(strings.NewReader(window), "zstd", false); err == nil || !strings.Contains(err.Error(), "its window is larger than 128 MiB") {
		t.Errorf("zstd: got %v", err)
	}
}

func TestDeepEnvelopes(t *testing.T) {
	for _, deep := range []string{strings.Repeat("[", 100_000), `{"a":` + strings.Repeat(`{"a":`, 100_000), "<r>" + strings.Repeat("<a>", 100_000)} {
		if err := openAll(strings.NewReader(deep), "path", false); err == nil || !strings.Contains(err.Error(), "levels") && !strings.Contains(err.Error(), "an array stands") {
			t.Errorf("%.10s: got %v", deep, err)
		}
	}
	long := `<r a="` + strings.Repeat("x", maxToken+1)
	if err := openAll(strings.NewReader(long), "path", false); err == nil || !strings.Contains(err.Error(), "is longer than 8 MiB") {
		t.Errorf("a long attribute: got %v", err)
	}
	key := `{"` + strings.Repeat("x", maxToken+1000) + `":1}`
	if err := openAll(strings.NewReader(key), "path", false); err == nil || !strings.Contains(err.Error(), "a key is longer than 8 MiB") {
		t.Errorf("a long key: got %v", err)
	}
}

// TestNoFileIsLeft: copies on disk are closed, also after errors.
func TestNoFileIsLeft(t *testing.T) {
	count := func() int {
		open, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("the system does not list open files")
		}
		return len(open)
	}
	var z bytes.Buffer
	archive := zip.NewWriter(&z)
	w, err := archive.Create("a.csv")
	if err == nil {
		_, err = io.WriteString(w, strings.Repeat("id\n1\n", 1000))
	}
	if err = errors.Join(err, archive.Close()); err != nil {
		t.Fatal(err)
	}
	before := count()
	for i := range z.Len() {
		flipped := bytes.Clone(z.Bytes())
		flipped[i] ^= 0x55
		_ = openAll(struct{ io.Reader }{bytes.NewReader(flipped)}, "zip", true)
	}
	if err := openAll(struct{ io.Reader }{&z}, "zip", true); err != io.EOF {
		t.Errorf("got %v", err)
	}
	if after := count(); after > before {
		t.Errorf("%d files are open, %d were", after, before)
	}
}

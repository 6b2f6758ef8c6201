package unpack_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/unpack"
)

// csv is the file that lies in the others.
var csv = []byte("id,name\n1,Ä €\n2,\"a\nb\"\n" + strings.Repeat("3,more of it\n", 40))

// pack puts a file into a layer.
func pack(t testing.TB, kind string, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	var err error
	switch kind {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zstd":
		w, err = zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true))
	case "xz":
		w, err = xz.NewWriter(&b)
	case "bz2":
		return read(t, "report.csv.bz2") // Go writes no bzip2
	case "tar":
		return tarOf(t, "report.csv", text)
	case "zip":
		return zipOf(t, zip.Deflate, "report.csv", text)
	case "base64":
		w = base64.NewEncoder(base64.StdEncoding, &b)
	case "json":
		quoted, err := json.Marshal(string(text))
		check(t, err)
		return fmt.Appendf(nil, `{"a":[1,-2.5e3,"x",{"d":null}],"d":{"report":%s,"b":true},"n":[{}]}`+"\n", quoted)
	case "xml":
		b.WriteString("<?xml version='1.0'?>\n<d><a x='1'>?</a><report>")
		check(t, xml.EscapeText(&b, text))
		b.WriteString("</report><b/></d>\n")
		return b.Bytes()
	}
	check(t, err)
	_, err = w.Write(text)
	check(t, errors.Join(err, w.Close()))
	return b.Bytes()
}

func tarOf(t testing.TB, pairs ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		text := pairs[i+1].([]byte)
		check(t, w.WriteHeader(&tar.Header{Name: pairs[i].(string), Mode: 0o600, Size: int64(len(text))}))
		_, err := w.Write(text)
		check(t, err)
	}
	check(t, w.Close())
	return b.Bytes()
}

func zipOf(t testing.TB, method uint16, pairs ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: pairs[i].(string), Method: method})
		check(t, err)
		_, err = w.Write(pairs[i+1].([]byte))
		check(t, err)
	}
	check(t, z.Close())
	return b.Bytes()
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	check(t, err)
	return text
}

// stream is a file that can be read at any place after it was copied.
func stream(text []byte) *file.Source {
	return file.NewSource(struct{ io.Reader }{bytes.NewReader(text)}, nil, 1<<30)
}

// how are the layers of the kinds.
func how(kinds ...string) (packings []sources.Packing) {
	for _, kind := range kinds {
		p := sources.Packing{Kind: kind}
		if kind == "json" || kind == "xml" {
			p = sources.Packing{Kind: "path", Path: "d.report"}
		}
		packings = append(packings, p)
	}
	return packings
}

// all reads all files in text: their names and texts, one behind the other.
func all(text []byte, how []sources.Packing, at bool) (names []string, texts []string, err error) {
	in := stream(text)
	defer in.Close()
	files, err := unpack.Open(in, how)
	if err != nil {
		return nil, nil, err
	}
	defer files.Close()
	for {
		f, name, err := files.Next()
		if errors.Is(err, io.EOF) {
			return names, texts, nil
		}
		if err != nil {
			return names, texts, err
		}
		got, err := readFile(f, at)
		if err != nil {
			return names, texts, err
		}
		names, texts = append(names, name), append(texts, string(got))
	}
}

func readFile(f file.File, at bool) ([]byte, error) {
	if !at {
		return io.ReadAll(io.LimitReader(f, 64<<20))
	}
	r, size, err := f.At()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(r, 0, size))
}

var kinds = []string{"gzip", "zstd", "bz2", "xz", "tar", "zip", "base64", "json", "xml"}

func TestOneLayer(t *testing.T) {
	for _, kind := range kinds {
		for _, at := range []bool{false, true} {
			_, texts, err := all(pack(t, kind, csv), how(kind), at)
			if err != nil || len(texts) != 1 || texts[0] != string(csv) {
				t.Errorf("%s, at any place %v: got %q and %v", kind, at, texts, err)
			}
		}
	}
	if _, texts, err := all(csv, nil, false); err != nil || len(texts) != 1 || texts[0] != string(csv) {
		t.Errorf("no layer: got %q and %v", texts, err)
	}
}

func TestLayersInLayers(t *testing.T) {
	for _, stack := range [][]string{
		{"json", "base64", "gzip"}, {"xml", "base64", "zip"}, {"gzip", "tar"}, {"zip", "gzip"}, {"tar", "zip", "xz", "zstd"}, {"zip", "tar", "json", "base64", "gzip"},
	} {
		text := csv
		for i := len(stack) - 1; i >= 0; i-- {
			text = pack(t, stack[i], text)
		}
		for _, at := range []bool{false, true} {
			_, texts, err := all(text, how(stack...), at)
			if err != nil || len(texts) != 1 || texts[0] != string(csv) {
				t.Errorf("%v, at any place %v: got %q and %v", stack, at, texts, err)
			}
		}
	}
}

func TestMembers(t *testing.T) {
	pairs := []any{"a/one.csv", []byte("1"), "../two.csv", []byte("2"), "/abs.txt", []byte("3"), ".hidden", []byte("4"), "__MACOSX/a", []byte("5"), "two\x00.csv", []byte("6"), "two\xff.csv", []byte("7")}
	zipPairs := pairs
	for kind, text := range map[string][]byte{"tar": tarOf(t, pairs[:10]...), "zip": zipOf(t, zip.Store, zipPairs...)} {
		for _, tt := range []struct{ pattern, names, err string }{
			{"*.csv", "a/one.csv,../two.csv", ""},
			{"a/*", "a/one.csv", ""},
			{".*", ".hidden", ""},
			{"__MACOSX/*", "__MACOSX/a", ""},
			{"none-*", "", `members: "none-*" is none of its files: "a/one.csv", "../two.csv", "/abs.txt"`},
			{"[", "", `members: "[" is no pattern`},
		} {
			names, _, err := all(text, []sources.Packing{{Kind: kind, Members: tt.pattern}}, false)
			got := strings.Join(names, ",")
			if kind == "zip" {
				got = strings.TrimSuffix(got, ",two\x00.csv,two\xff.csv")
			}
			if got != tt.names || fmt.Sprint(err) == "<nil>" != (tt.err == "") || !strings.Contains(fmt.Sprint(err), tt.err) {
				t.Errorf("%s, %q: got %q and %v, want %q and %q", kind, tt.pattern, names, err, tt.names, tt.err)
			}
		}
		names, _, err := all(text, how(kind), true)
		if err != nil || !strings.HasPrefix(strings.Join(names, ","), "a/one.csv,../two.csv,/abs.txt") || strings.Contains(strings.Join(names, ","), "__MACOSX") {
			t.Errorf("%s without a pattern: got %q and %v", kind, names, err)
		}
	}
	for kind, text := range map[string][]byte{"tar": tarOf(t), "zip": zipOf(t, zip.Store)} {
		if names, _, err := all(text, how(kind), false); err != nil || names != nil {
			t.Errorf("an empty %s: got %q and %v", kind, names, err)
		}
	}
}

// everyByte is from which byte to which a test goes that tries one after the other.
func everyByte() int {
	if testing.Short() {
		return 11
	}
	return 1
}

// TestCutAtEveryByte: a file that was cut anywhere says that it ends too early.
func TestCutAtEveryByte(t *testing.T) {
	for _, kind := range kinds {
		text := bytes.TrimRight(pack(t, kind, csv[:24]), "\n")
		if kind == "bz2" {
			text = pack(t, kind, nil)
		}
		for cut := 0; cut < len(text); cut += everyByte() {
			if kind == "tar" && cut >= len(text)-512 { // one of two marks is enough
				continue
			}
			if kind == "base64" && cut%4 != 1 { // without padding, that could be all
				continue
			}
			if kind == "bz2" && cut == 95 { // between two streams
				continue
			}
			for _, at := range []bool{false, true} {
				_, _, err := all(text[:cut], how(kind), at)
				if !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("%s, at any place %v: cut after %d of %d bytes: got %v", kind, at, cut, len(text), err)
				}
			}
		}
	}
}

// TestEveryByteFlipped: no panic, no text that is longer than it could be, and where
// there are checksums, no other text than what was packed.
func TestEveryByteFlipped(t *testing.T) {
	for _, kind := range kinds {
		text := pack(t, kind, csv[:24])
		for i := 0; i < len(text); i += everyByte() {
			for _, flip := range []byte{0x01, 0x80, 0xff} {
				flipped := bytes.Clone(text)
				flipped[i] ^= flip
				_, texts, err := all(flipped, how(kind), i%2 == 0)
				want := string(csv[:24])
				if kind == "bz2" {
					want = string(csv)
				}
				proven := strings.Contains("gzip zstd bz2 xz zip", kind)
				if err == nil && proven && (len(texts) != 1 || texts[0] != want) && !(kind == "zip" && len(texts) == 0) {
					t.Errorf("%s, byte %d: got %q", kind, i, texts)
				}
				if _, ok := errors.AsType[*file.Error](err); err != nil && !ok {
					t.Errorf("%s, byte %d: the error does not say where: %v", kind, i, err)
				}
			}
		}
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	zipped := pack(t, "gzip", csv)
	flipped := bytes.Clone(zipped)
	flipped[len(flipped)-6] ^= 1
	encrypted := zipOf(t, zip.Store, "a.csv", []byte("x"))
	encrypted[bytes.Index(encrypted, []byte("PK\x01\x02"))+8] |= 1
	tests := []struct {
		name, text, kind, want string
	}{
		{"not packed", "id,name\n1,2\n", "gzip", "gzip, byte 0: the answer is not gzip: it begins with \"id,name\\n1,2\\n\": leave gzip out of unpack"},
		{"not xz", "id,name\n1,2\n", "xz", "leave xz out of unpack"},
		{"not tar", strings.Repeat("id,name\n", 100), "tar", "tar, byte 0: the answer is not tar: it begins with \"id,name\\nid,name\\n\""},
		{"not zip", strings.Repeat("id,name\n", 100), "zip", "the answer is not zip: it begins with"},
		{"checksum", string(flipped), "gzip", fmt.Sprintf("gzip, byte %d: checksum does not fit", len(zipped))},
		{"more behind gzip", string(zipped) + "more of it", "gzip", "what stands behind its end"},
		{"more behind zstd", string(pack(t, "zstd", csv)) + "more of it", "zstd", "what stands behind its end"},
		{"more behind xz", string(pack(t, "xz", csv)) + "more of it..", "xz", "what stands behind its end"},
		{"more behind tar", string(pack(t, "tar", csv)) + "more", "tar", "more stands behind the end of the archive"},
		{"zip behind zip", string(pack(t, "zip", csv)) + string(zipOf(t, zip.Store, "b.csv", []byte("x"))), "zip", "several archives behind one another"},
		{"encrypted", string(encrypted), "zip", `member "a.csv"`},
		{"base64", "QUJD\nQ*JD", "base64", `base64, byte 6: '*' is not of base64 there`},
		{"base64 behind padding", "QQ==QUJD", "base64", `base64, byte 4: 'Q' is not of base64 there`},
		{"no envelope", "id,name", "json", "neither JSON nor XML"},
		{"no key", `{"d":{"x":1,"y":2},"z":3}`, "json", `there is no d.report: "report" is missing beside "x", "y"`},
		{"null", `{"d":{"report":null}}`, "json", "d.report is null, and not a text"},
		{"a key through an array", `{"d":[1]}`, "json", `an array stands where "report" would be looked up`},
		{"a key twice", `{"d":{"report":"x","report":"y"}}`, "json", "stands there twice"},
		{"broken behind", `{"d":{"report":"x"},"a":01}`, "json", `path, byte 25: the envelope is no JSON: '1' stands where a comma or } would be right`},
		{"more behind", `{"d":{"report":"x"}} {}`, "json", "the end of the envelope would be right"},
		{"half a pair", `{"d":{"report":"\ud800x"}}`, "json", "half a surrogate pair"},
		{"no UTF-8", "{\"d\":{\"report\":\"\xff\"}}", "json", "not of UTF-8"},
		{"no element", `<d><x>1</x></d>`, "xml", `there is no d.report: "report" is missing beside "x"`},
		{"an element twice", `<d><report>x</report><report/></d>`, "xml", "d.report stands there twice"},
		{"an element inside", `<d><report>x<b>y</b></report></d>`, "xml", "holds elements, and not a text alone"},
		{"a DOCTYPE", `<!DOCTYPE d [<!ENTITY a "b">]><d><report>&a;</report></d>`, "xml", "nothing is read with it"},
		{"an entity", `<d><report>&a;</report></d>     `, "xml", "&a; is no character"},
		{"other ends", `<d><report>x</rapport></d>`, "xml", "closed by"},
	}
	for _, tt := range tests {
		_, _, err := all([]byte(tt.text), how(tt.kind), false)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestBase64InAllWays(t *testing.T) {
	text := append([]byte{0xfb, 0xff, 0xfe}, csv...)
	for i := range 4 {
		text = text[:len(text)-i%2]
		for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
			packed := e.EncodeToString(text)
			packed = packed[:10] + " \r\n\t" + packed[10:] + "\n"
			if _, texts, err := all([]byte(packed), how("base64"), false); err != nil || texts[0] != string(text) {
				t.Errorf("%q: got %q and %v", packed, texts, err)
			}
		}
	}
}

func TestTextsOfEnvelopes(t *testing.T) {
	tests := []struct{ path, envelope, want string }{
		{"files.1", `{"files":["a","b\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t","c"]}`, "bé😀\"\\/\b\f\n\r\t"},
		{`a\.b.c`, ` {"a.b" : { "c" : "x" } } `, "x"},
		{`1.0`, `[[],["x"]]`, "x"},
		{"d.e", "\ufeff<d xmlns='urn:x'><e>a&lt;&#x41;&#66;<![CDATA[<c>]]]]>\r\n<!-- no --><?p no?>]é\r</e></d>", "a<AB<c>]]\n]é\n"},
		{"d.e", "<d><e/></d>", ""},
		{"d", "<d>x</d>", "x"},
	}
	for _, tt := range tests {
		for _, at := range []bool{false, true} {
			_, texts, err := all([]byte(tt.envelope), []sources.Packing{{Kind: "path", Path: tt.path}}, at)
			if err != nil || len(texts) != 1 || texts[0] != tt.want {
				t.Errorf("%s in %s: got %q and %v, want %q", tt.path, tt.envelope, texts, err, tt.want)
			}
		}
	}
	for _, path := range []string{"", "a..b", "a.#.b", "a.*", "@this", `a|b`} {
		if _, err := (&sources.Packing{Kind: "path", Path: path}).Steps(); err == nil {
			t.Errorf("path %q: no error", path)
		}
	}
}

// endless is a file that goes on for long.
type endless struct{ left int64 }

func (e *endless) Read(p []byte) (int, error) {
	n := min(int64(len(p)), e.left)
	if e.left -= n; n == 0 {
		return 0, io.EOF
	}
	for i := range p[:n] {
		p[i] = 'x'
	}
	return int(n), nil
}

// TestLongTextTakesNoMemory: the text of an envelope is read in pieces.
func TestLongTextTakesNoMemory(t *testing.T) {
	const size = 64 << 20
	for begin, end := range map[string]string{`{"d":{"report":"`: `"}}`, `<d><report>`: `</report></d>`} {
		in := file.NewSource(io.MultiReader(strings.NewReader(begin), &endless{size}, strings.NewReader(end)), nil, 0)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		files, err := unpack.Open(in, how("json"))
		check(t, err)
		f, _, err := files.Next()
		check(t, err)
		n, err := io.Copy(io.Discard, f)
		runtime.ReadMemStats(&after)
		if taken := after.TotalAlloc - before.TotalAlloc; err != nil || n != size || taken > 1<<20 {
			t.Errorf("%s: got %d bytes and %v with %d bytes of memory", begin, n, err, taken)
		}
		files.Close()
	}
}

func FuzzUnpack(f *testing.F) {
	for i, kind := range kinds {
		f.Add(pack(f, kind, csv[:24]), i)
	}
	f.Fuzz(func(t *testing.T, text []byte, kind int) {
		_, texts, err := all(text, how(kinds[max(kind, -kind, 0)%len(kinds)]), kind%2 == 0)
		if _, ok := errors.AsType[*file.Error](err); err != nil && !ok {
			t.Errorf("the error does not say where: %v", err)
		}
		_ = texts
	})
}

func BenchmarkRead(b *testing.B) {
	text := bytes.Repeat(csv, 10_000)
	for _, kind := range []string{"gzip", "zstd", "xz", "tar", "zip", "base64", "json", "xml"} {
		packed := pack(b, kind, text)
		b.Run(kind, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				files, err := unpack.Open(file.NewSource(bytes.NewReader(packed), bytes.NewReader(packed), 0), how(kind))
				check(b, err)
				f, _, err := files.Next()
				check(b, err)
				n, err := io.Copy(io.Discard, f)
				if check(b, err); n != int64(len(text)) {
					b.Fatal(n)
				}
				files.Close()
			}
		})
	}
}

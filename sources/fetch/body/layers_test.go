package body

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// encode applies an encoding. Zstandard has a checksum.
func encode(t testing.TB, name string, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch strings.ToLower(name) {
	case "gzip", "x-gzip":
		w = gzip.NewWriter(&b)
	case "zstd":
		z, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		w = z
	case "br":
		w = brotli.NewWriter(&b)
	default:
		return body
	}
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// over are the layers that headers name.
func over(headers []string) Layers {
	return Layers(nil).With(http.Header{"Content-Encoding": headers})
}

var stacks = [][]string{
	nil, {"identity"}, {"gzip"}, {"x-gzip"}, {"zstd"}, {"br"}, {"GZip"}, {" br , gzip"}, {"gzip", "br"}, {"zstd", "identity", "gzip"}, {"gzip,zstd", "br"},
}

func TestDecode(t *testing.T) {
	body := []byte(strings.Repeat(`{"id":1,"text":"some text"} `, 4_000))
	for _, headers := range stacks {
		t.Run(strings.Join(headers, ";"), func(t *testing.T) {
			wire := body
			for _, one := range over(headers) {
				wire = encode(t, one.name, wire)
			}
			got, err := Decode(nil, bytes.NewReader(wire), over(headers))
			if err != nil || !bytes.Equal(got, body) {
				t.Fatalf("got %d bytes and %v, want %d", len(got), err, len(body))
			}
			for cut := range min(len(wire)-1, 100) {
				if _, err := Decode(nil, bytes.NewReader(wire[:len(wire)-1-cut]), over(headers)); err == nil && len(over(headers)) > 0 {
					t.Fatalf("cut by %d bytes of %d: no error", cut+1, len(wire))
				}
			}
			if got, err := Decode(nil, strings.NewReader(""), over(headers)); err != nil || len(got) > 0 {
				t.Errorf("nothing: got %d bytes and %v", len(got), err)
			}
			broken := io.MultiReader(bytes.NewReader(wire), errReader{})
			if _, err := Decode(nil, broken, over(headers)); !errors.Is(err, errBroken) {
				t.Errorf("a wire that breaks at its end: got %v", err)
			}
		})
	}
}

var errBroken = errors.New("broken")

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errBroken }

func TestDecodeRefuses(t *testing.T) {
	tests := []struct {
		name    string
		headers []string
		body    []byte
		want    error
	}{
		{"unknown encoding", []string{"compress"}, []byte("x"), ErrEncoding{"compress"}},
		{"unknown under a known one", []string{"compress, gzip"}, encode(t, "gzip", []byte("x")), ErrEncoding{"compress"}},
		{"too many", []string{"gzip, gzip, gzip", "gzip, gzip"}, []byte("x"), ErrEncoding{"gzip, gzip, gzip, gzip, gzip"}},
		{"too large", nil, make([]byte, Max+1), ErrTooLarge},
		{"gzip bomb", []string{"gzip"}, encode(t, "gzip", make([]byte, 32<<20)), ErrTooLarge},
		{"zstd bomb", []string{"zstd"}, encode(t, "zstd", make([]byte, 32<<20)), ErrTooLarge},
		{"br bomb", []string{"br"}, encode(t, "br", make([]byte, 32<<20)), ErrTooLarge},
		{"bomb in a bomb", []string{"gzip, gzip"}, encode(t, "gzip", encode(t, "gzip", make([]byte, 64<<20))), ErrTooLarge},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Decode(nil, bytes.NewReader(test.body), over(test.headers))
			if err != test.want {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if cap(got) > 4*Max {
				t.Errorf("holds %d bytes", cap(got))
			}
		})
	}
	behind := append(encode(t, "br", []byte("x")), "more"...)
	if _, err := Decode(nil, bytes.NewReader(behind), over([]string{"br"})); err == nil {
		t.Error("more behind the end: no error")
	}
	if got, err := Decode(nil, bytes.NewReader(make([]byte, Max)), over(nil)); err != nil || len(got) != Max {
		t.Errorf("the largest body: got %d bytes and %v", len(got), err)
	}
}

func FuzzBody(f *testing.F) {
	for i, headers := range stacks {
		wire := []byte(`{"id":1}`)
		for _, one := range over(headers) {
			wire = encode(f, one.name, wire)
		}
		f.Add(wire, i)
	}
	f.Fuzz(func(t *testing.T, wire []byte, i int) {
		headers := stacks[max(i, -i, 0)%len(stacks)]
		got, err := Decode([]byte{}, bytes.NewReader(wire), over(headers))
		if len(got) > Max && err == nil {
			t.Errorf("%d bytes were taken", len(got))
		}
	})
}

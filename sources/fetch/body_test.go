package fetch

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
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
	switch name {
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

var stacks = [][]string{
	nil, {"identity"}, {"gzip"}, {"x-gzip"}, {"zstd"}, {"br"}, {"GZip"}, {" br , gzip"}, {"gzip", "br"}, {"zstd", "identity", "gzip"}, {"gzip,zstd", "br"},
}

func TestReadBody(t *testing.T) {
	body := []byte(strings.Repeat(`{"id":1,"text":"some text"} `, 4_000))
	for _, headers := range stacks {
		t.Run(strings.Join(headers, ";"), func(t *testing.T) {
			wire := body
			for _, name := range encodings(headers) {
				wire = encode(t, name, wire)
			}
			got, err := readBody(nil, bytes.NewReader(wire), headers)
			if err != nil || !bytes.Equal(got, body) {
				t.Fatalf("got %d bytes and %v, want %d", len(got), err, len(body))
			}
			for cut := range min(len(wire)-1, 100) {
				if _, err := readBody(nil, bytes.NewReader(wire[:len(wire)-1-cut]), headers); err == nil && len(encodings(headers)) > 0 {
					t.Fatalf("cut by %d bytes of %d: no error", cut+1, len(wire))
				}
			}
			if got, err := readBody(nil, strings.NewReader(""), headers); err != nil || len(got) > 0 {
				t.Errorf("nothing: got %d bytes and %v", len(got), err)
			}
			broken := io.MultiReader(bytes.NewReader(wire), errReader{})
			if _, err := readBody(nil, broken, headers); !errors.Is(err, errBroken) {
				t.Errorf("a wire that breaks at its end: got %v", err)
			}
		})
	}
}

var errBroken = errors.New("broken")

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errBroken }

func TestReadBodyRefuses(t *testing.T) {
	tests := []struct {
		name    string
		headers []string
		body    []byte
		want    error
	}{
		{"unknown encoding", []string{"compress"}, []byte("x"), errEncoding{"compress"}},
		{"unknown under a known one", []string{"compress, gzip"}, encode(t, "gzip", []byte("x")), errEncoding{"compress"}},
		{"too many", []string{"gzip, gzip, gzip", "gzip, gzip"}, []byte("x"), errEncoding{"gzip, gzip, gzip, gzip, gzip"}},
		{"too large", nil, make([]byte, MaxBody+1), errTooLarge},
		{"gzip bomb", []string{"gzip"}, encode(t, "gzip", make([]byte, 32<<20)), errTooLarge},
		{"zstd bomb", []string{"zstd"}, encode(t, "zstd", make([]byte, 32<<20)), errTooLarge},
		{"br bomb", []string{"br"}, encode(t, "br", make([]byte, 32<<20)), errTooLarge},
		{"bomb in a bomb", []string{"gzip, gzip"}, encode(t, "gzip", encode(t, "gzip", make([]byte, 64<<20))), errTooLarge},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := readBody(nil, bytes.NewReader(test.body), test.headers)
			if err != test.want {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if cap(got) > 4*MaxBody {
				t.Errorf("holds %d bytes", cap(got))
			}
		})
	}
	behind := append(encode(t, "br", []byte("x")), "more"...)
	if _, err := readBody(nil, bytes.NewReader(behind), []string{"br"}); err == nil {
		t.Error("more behind the end: no error")
	}
	if got, err := readBody(nil, bytes.NewReader(make([]byte, MaxBody)), nil); err != nil || len(got) != MaxBody {
		t.Errorf("the largest body: got %d bytes and %v", len(got), err)
	}
}

func FuzzBody(f *testing.F) {
	for i, headers := range stacks {
		wire := []byte(`{"id":1}`)
		for _, name := range encodings(headers) {
			wire = encode(f, name, wire)
		}
		f.Add(wire, i)
	}
	f.Fuzz(func(t *testing.T, wire []byte, i int) {
		headers := stacks[max(i, -i, 0)%len(stacks)]
		got, err := readBody([]byte{}, bytes.NewReader(wire), headers)
		if len(got) > MaxBody && err == nil {
			t.Errorf("%d bytes were taken", len(got))
		}
	})
}

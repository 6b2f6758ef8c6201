package body

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tap-rest/tap-rest/sources"
)

// nullNaN reads a text with null in place of what is no number.
func nullNaN(r io.Reader) io.Reader {
	d, err := Under(&sources.Stream{Text: sources.Text{NullNaN: true}}, nil).open(r, r)
	if err != nil {
		return iotest.ErrReader(err)
	}
	return d
}

// TestNullNaN: what is no number becomes null outside of strings, wherever the
// bytes are cut as they come.
func TestNullNaN(t *testing.T) {
	for text, want := range map[string]string{
		``: ``, `NaN`: `null`, `[NaN,-Infinity,Infinity]`: `[null,null,null]`, `{"a":"NaN\"NaN\\","b":NaN}`: `{"a":"NaN\"NaN\\","b":null}`,
		`[-1,-I,Na,N]`: `[-1,-I,Na,N]`, `-Infinit`: `-Infinit`, `"\\"NaN`: `"\\"null`, `NaNNaN`: `nullnull`,
	} {
		for name, cut := range map[string]func(io.Reader) io.Reader{"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "in halves": iotest.HalfReader} {
			got, err := io.ReadAll(nullNaN(cut(strings.NewReader(text))))
			if err != nil || string(got) != want {
				t.Errorf("%s, %s: got %s, %v, want %s", text, name, got, err, want)
			}
		}
	}
	long := strings.Repeat(`[NaN,"NaN",-Infinity,1.5],`, 10_000)
	got, err := io.ReadAll(nullNaN(strings.NewReader(long)))
	if want := strings.Repeat(`[null,"NaN",null,1.5],`, 10_000); err != nil || string(got) != want {
		t.Errorf("a long text is not as it should be: %v", err)
	}
}

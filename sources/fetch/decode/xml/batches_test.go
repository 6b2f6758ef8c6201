package xml_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/xml"
	"github.com/tap-rest/tap-rest/testshare"
)

// batched is a document that is read in batches.
type batched interface {
	Batched(keys int) bool
	Batch() (text []byte, ends []int, err error)
	Skip() (n int, text []byte, err error)
	Proven() bool
	Rest() []byte
}

// opened opens a document for batches; nil where there are none of it.
func opened(t *testing.T, in io.Reader, path string) batched {
	steps := strings.Split(path, ".")
	r, err := xml.Open(document{in}, nil, steps)
	if err != nil {
		t.Fatal(err)
	}
	if d := r.(batched); d.Batched(len(steps)) {
		return d
	}
	return nil
}

// byBatches reads a document in batches, as its text: the records put into the rest.
func byBatches(d batched) (all string, n int, err error) {
	var records []string
	for {
		text, ends, err := d.Batch()
		if err == io.EOF {
			before, behind, _ := strings.Cut(string(d.Rest()), "[]")
			if len(records) == 0 {
				return string(d.Rest()), 0, nil
			}
			return before + "[" + strings.Join(records, ",\n") + "]" + behind, len(records), nil
		} else if err != nil {
			return "", len(records), err
		}
		from := 0
		for _, end := range ends {
			records = append(records, string(text[from:end]))
			from = end
		}
	}
}

// bySkips passes over all records. It returns how many there were, and what was to be
// looked through for them. Where one is no object, odd is true.
func bySkips(d batched) (n int, seen string, odd bool, err error) {
	for {
		some, text, err := d.Skip()
		if err == io.EOF {
			return n, seen, false, nil
		} else if err != nil {
			return n, seen, false, err
		}
		n += some
		seen += string(text)
		if !d.Proven() {
			return n, seen, true, nil
		}
	}
}

// compareBatches holds what batches and skips make of a document against its text.
func compareBatches(t *testing.T, in []byte, path string) {
	for _, reader := range []func() io.Reader{
		func() io.Reader { return bytes.NewReader(in) },
		func() io.Reader { return iotest.OneByteReader(bytes.NewReader(in)) },
	} {
		want, wrong := read(reader(), "", path)
		d := opened(t, reader(), path)
		if d == nil {
			continue // it is read as text
		}
		got, n, err := byBatches(d)
		if fmt.Sprint(err) != fmt.Sprint(wrong) || err == nil && got != want {
			t.Errorf("%q, path %q\nin batches %s, %v\nas text    %s, %v", in, path, got, err, want, wrong)
		}
		d = opened(t, reader(), path)
		skipped, _, odd, err := bySkips(d)
		if odd {
			if text, ends, _ := d.Batch(); len(ends) == 0 || text[0] == '{' && len(ends) == 1 {
				t.Errorf("%q, path %q: a record is no object, and the next is %q", in, path, text)
			}
			continue
		}
		if fmt.Sprint(err) != fmt.Sprint(wrong) || err == nil && skipped != n {
			t.Errorf("%q, path %q: skipped %d, %v, want %d, %v", in, path, skipped, err, n, wrong)
		}
	}
}

const rows = `<?xml version="1.0"?><L a="x"><P>1</P> <C n="1" xmlns:p="u"><k>a&amp;b</k><k/><p:m>é</p:m></C><!-- x --><C><k>y</k><![CDATA[z]]></C>` +
	"\r\n<C><k>&#65;</k></C>\n<C z='&#10;'/><C><k>1</k><m><n>\n</n></m></C><T>t</T></L>"

func TestBatches(t *testing.T) {
	for _, c := range golden {
		if c.path != "" && c.path != "@this" {
			compareBatches(t, []byte(c.in), c.path)
		}
	}
	for i := range len(rows) {
		compareBatches(t, []byte(rows[:i]), "L.C")
		if !testshare.Takes(i+1, len(rows)) {
			continue
		}
		for _, with := range []byte{1, 4, 0x20, 0x80} {
			in := []byte(rows)
			in[i] ^= with
			compareBatches(t, in, "L.C")
		}
	}
	many := "<L><M>" + strings.Repeat(rows[strings.Index(rows, "<C"):strings.Index(rows, "<T>")]+"<X>"+strings.Repeat("x", 500)+"</X>", 500) + "</M></L>"
	compareBatches(t, []byte(many), "L.M.C")
	compareBatches(t, []byte(many[:len(many)-9]), "L.M.C")
	compareBatches(t, []byte("<L><C><k>"+strings.Repeat("x", 2<<20)+"</k></C><C a=''/></L>"), "L.C")
}

// TestSkipShowsTexts: what Skip returns has each text as it stands in a record, for who
// looks for secrets in it.
func TestSkipShowsTexts(t *testing.T) {
	for _, row := range []string{
		`<C><k>secret</k></C>`, `<C k="secret"/>`, `<C><k>sec<!-- -->ret</k></C>`, `<C><k>sec<![CDATA[ret]]></k></C>`,
		`<C><k>sec<m/>ret</k></C>`, `<C><k>sec&#114;et</k></C>`, `<C k="s&#x65;cret"/>`, `<C><m/><k>x</k><secret/></C>`,
		`<C><k>sec<?x?>ret</k></C>`, `<C><k><m/>sec<m/>ret</k></C>`, `<C><k><![CDATA[secret]]></k></C>`,
	} {
		for _, before := range []string{"", `<C a="1"/>`} {
			n, seen, _, err := bySkips(opened(t, strings.NewReader("<L>"+before+row+"</L>"), "L.C"))
			if err != nil || n == 0 || !strings.Contains(seen, "secret") {
				t.Errorf("%s: got %d, %q, %v", row, n, seen, err)
			}
		}
	}
}

// TestSkipTooLong: a record that is too long is refused where it is passed over, too.
func TestSkipTooLong(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes about a second")
	}
	in := io.MultiReader(strings.NewReader("<L><C><k/></C><C>"), &endless{text: "<b/>"})
	_, _, _, err := bySkips(opened(t, in, "L.C"))
	if err == nil || !strings.Contains(err.Error(), "the record is longer") {
		t.Errorf("got %v", err)
	}
	in = io.MultiReader(strings.NewReader("<L><C><k/></C>"), iotest.ErrReader(errors.New("reset")))
	if n, _, _, err := bySkips(opened(t, in, "L.C")); n != 1 || err == nil || err.Error() != "reset" {
		t.Errorf("got %d, %v", n, err)
	}
}

func FuzzBatches(f *testing.F) {
	for _, c := range golden {
		f.Add([]byte(c.in))
	}
	f.Add([]byte(rows))
	f.Fuzz(func(t *testing.T, in []byte) { compareBatches(t, in, "L.C") })
}

package xml_test

import (
	"strings"
	"testing"
)

// TestFlatRecords: records that are read where they stand become what tokens become,
// whatever one of them has in it. As the first record is read by its tokens, a comment
// in each one makes the tokens read all of them.
func TestFlatRecords(t *testing.T) {
	const usual = "<C><k>1</k><m>x</m></C>\n"
	for _, in := range []string{
		usual, "<C><m>x</m><k>1</k></C>", "<C><k>1</k><k>2</k></C>", "<C><k></k><m/></C>", "<C><k> </k><m>\n</m></C>", "<C><k>\t\n1 </k></C>",
		"<C><k>1</k>x</C>", "<C>x<k>1</k></C>", "<C>\n\t<k>1</k>\n</C>", "<C><k>é\uffff</k></C>", "<C><k>é\"\\</k></C>", "<C><k>\xc3</k></C>",
		"<C><k>a&lt;</k></C>", "<C><k>]]></k></C>", "<C><k>]]</k></C>", "<C><k>]</k></C>", "<C><k>\r\n</k></C>", "<C><k>\x01</k></C>",
		"<C><p:k>1</p:k><k>2</k></C>", "<C><k>1</m></C>", "<C><k>1</k></D>", "<C><k a='1'>1</k></C>", "<C><k><m>1</m></k></C>", "<C></C>", "<C/>", "x<C><k>1</k></C>",
	} {
		in = strings.Repeat(usual, 2) + in + usual
		want, wrong := read(strings.NewReader("<L>"+strings.ReplaceAll(in, "<C>", "<C><!---->")+"</L>"), "", "L.C")
		got, err := read(strings.NewReader("<L>"+in+"</L>"), "", "L.C")
		if got != want && wrong == nil || (err == nil) != (wrong == nil) {
			t.Errorf("%q became %s, %v, want %s, %v", in, got, err, want, wrong)
		}
		compareBatches(t, []byte("<L>"+in+"</L>"), "L.C")
	}
}

package uri

import "testing"

func TestScrub(t *testing.T) {
	for text, want := range map[string]string{
		`{"url":"http://h/f.gz?Expires=1&Signature=2718cac8","n":1}`: `{"url":"http://h/f.gz?Expires=1&Signature=***","n":1}`,
		`<a href="https://h/x?X-Amz-Signature=ab&amp;X-Amz-Date=7">`: `<a href="https://h/x?X-Amz-Signature=***&amp;X-Amz-Date=***">`,
		`http://h/f?token=abc next http://h/g?sig=x%3D\n`:            `http://h/f?token=*** next http://h/g?sig=***\n`,
		`no signature=here, nor &sigma=1`:                            `no signature=here, nor &sigma=1`,
	} {
		if got := Scrub(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

package hint

import (
	"strings"
	"testing"
	"time"
)

func TestLink(t *testing.T) {
	tests := []struct {
		name    string
		headers []string
		rel     string
		want    string
		ok      bool
	}{
		{"none", nil, "next", "", true},
		{"one", []string{`<http://x/2>; rel="next"`}, "next", "http://x/2", true},
		{"without quotes", []string{`<http://x/2>;rel=next`}, "next", "http://x/2", true},
		{"in single quotes", []string{`<http://x/2>; rel='next'`}, "next", "http://x/2", true},
		{"several in single quotes", []string{`<a>; title='it; rel=x'; rel='last next', <b>; rel='next'`}, "next", "a", true},
		{"a single quote alone", []string{`<a>; title='t; rel="next"`}, "next", "a", true},
		{"of another resource", []string{`<a>; rel="next"; anchor="#other", <b>; rel=next; anchor=""`}, "next", "b", true},
		{"case", []string{`<http://x/2>; REL="Next"`}, "next", "http://x/2", true},
		{"several in a header", []string{`<a>; rel="first", <b>; rel="prev",<c>; rel="next"; title="n", <d>; rel="last"`}, "next", "c", true},
		{"several headers", []string{`<a>; rel="first"`, `<b>; rel="next"`}, "next", "b", true},
		{"several relations", []string{`<a>; rel="last next"`}, "next", "a", true},
		{"the first of two", []string{`<a>; rel="next", <b>; rel="next"`}, "next", "a", true},
		{"the first rel counts", []string{`<a>; rel="prev"; rel="next"`}, "next", "", true},
		{"no such relation", []string{`<a>; rel="first", <b>; rel="last"`}, "next", "", true},
		{"another parameter", []string{`<a>; title="next"; rel="prev"`}, "next", "", true},
		{"comma and semicolon in the URL", []string{`<http://x/?a=1,2;b=3>; rel="next"`}, "next", "http://x/?a=1,2;b=3", true},
		{"comma in a title", []string{`<a>; title="x, <b>; rel=\"next\""; rel="prev", <c>; rel="next"`}, "next", "c", true},
		{"empty elements", []string{`, ,<a>; rel="next",`}, "next", "a", true},
		{"parameter without value", []string{`<a>; crossorigin; rel="next"`}, "next", "a", true},
		{"spaces", []string{" < a > ; rel = \"next\" "}, "next", "a", true},
		{"other relation", []string{`<a>; rel="following"`}, "following", "a", true},
		{"URL as relation", []string{`<a>; rel="http://x/rel"`}, "http://x/rel", "a", true},
		{"no brackets", []string{`http://x/2; rel="next"`}, "next", "", false},
		{"no brackets, another relation", []string{`http://x/2; rel="prev"`}, "next", "", false},
		{"garbage behind a good one", []string{`<a>; rel="prev", x`}, "next", "", false},
		{"garbage in another header", []string{`<a>; rel="prev"`, `}}{{<<>>;;,,rel`}, "next", "", false},
		{"nothing but garbage", []string{`}}{{<<>>;;,,rel`}, "next", "", false},
		{"nothing", []string{""}, "next", "", true},
		{"cut", []string{`<a>; rel="prev", <b>; rel="ne`}, "next", "", false},
		{"a comma is missing, without quotes", []string{`<a>; rel=prev <b>; rel=next`}, "next", "", false},
		{"empty parameters", []string{`<a>; ; rel="prev";`}, "next", "", true},
		{"not closed", []string{`<http://x/2; rel="next"`}, "next", "", false},
		{"empty", []string{`<>; rel="next"`}, "next", "", false},
		{"garbage before a good one", []string{`x, <a>; rel="next"`}, "next", "a", true},
		{"garbage behind the parameters", []string{`<a>; rel="prev" <b>; rel="next"`}, "next", "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok := Link(test.headers, test.rel)
			if got != test.want || ok != test.ok {
				t.Errorf("got %q, %v, want %q, %v", got, ok, test.want, test.ok)
			}
		})
	}
}

// TestLinkIsLinear: the time that a header takes grows with its length alone,
// however its links are broken. A parser that looks to the end for each link
// would take minutes for one of these, which takes milliseconds.
func TestLinkIsLinear(t *testing.T) {
	const size, most = 8 << 20, 20 * time.Second
	for _, unit := range []string{
		"x,", "<,", "<x;", ",", "<a>,", "<a> ", "<a>;", "<a>;x", "<a>;x=", `<a>;x="`, `<a>;x=",`, `<a>;rel="next`, `<a>;rel="next" x`, `"`, `\`, `<a>;x="\`, ">",
	} {
		header := strings.Repeat(unit, size/len(unit))
		began := time.Now()
		Link([]string{header}, "next")
		if took := time.Since(began); took > most {
			t.Errorf("%q again and again, %d bytes: it took %s", unit, size, took)
		}
	}
}

func FuzzLink(f *testing.F) {
	for _, seed := range []string{`<a>; rel="next"`, `<a>; title="x\", y"; rel=next, <b>`, `<`, `;;,,=`, `<>;rel="`, `<a>;rel="next\`} {
		f.Add(seed, "http://x/?a=1,2;b", `quo"te\d, <x>`)
	}
	f.Fuzz(func(t *testing.T, header, target, title string) {
		Link([]string{header}, "next")
		target = strings.TrimSpace(strings.ReplaceAll(target, ">", ""))
		if target == "" {
			return
		}
		title = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(title)
		for _, well := range []string{
			`<` + target + `>; rel="next"`,
			`<z>; rel=prev, <` + target + `>; title="` + title + `"; rel="x next"`,
		} {
			if got, ok := Link([]string{well}, "next"); !ok || got != target {
				t.Errorf("%s: got %q, %v, want %q", well, got, ok, target)
			}
		}
	})
}

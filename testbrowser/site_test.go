package testbrowser

import (
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// siteFolder is where make site leaves the documents.
const siteFolder = "../site"

// TestInteropBrowserSite looks at the documents as make site makes a site of them: each
// page of the navigation, on a desktop and on a phone, the search, and the colours.
func TestInteropBrowserSite(t *testing.T) {
	switch _, err := os.Stat(filepath.Join(siteFolder, "index.html")); {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatalf("there is no site, and CI=true wants one: make site (%v)", err)
	case err != nil:
		t.Skip("there is no site to look at: make site")
	}
	b := Start(t)
	server := httptest.NewServer(siteHandler(siteFolder))
	defer server.Close()
	named := navigation(t, b, server.URL)
	t.Run("the navigation names every document", func(t *testing.T) { namesDocuments(t, named) })
	t.Run("pages", func(t *testing.T) {
		site := &places{at: server.URL, pages: map[string]map[string]bool{}}
		for _, name := range named {
			p := b.Open(t, server.URL+"/"+name)
			for _, fault := range faults(p, site) {
				t.Errorf("%s: %s", name, fault)
			}
			p.Close()
		}
	})
	t.Run("lists within lists", func(t *testing.T) {
		p := b.Open(t, server.URL+"/docs/for-models.html")
		defer p.Close()
		var within int
		if p.Eval(`document.querySelectorAll(".md-content ol > li > ul > li").length`, &within); within < 4 {
			t.Errorf("%d items of a list are within an item of a numbered one, want 4 or more", within)
		}
	})
	t.Run("search", func(t *testing.T) { searches(t, b, server.URL) })
	t.Run("colours", func(t *testing.T) { turnsDark(t, b, server.URL) })
	t.Run("menu of a phone", func(t *testing.T) { opensMenu(t, b, server.URL) })
	t.Run("pictures", func(t *testing.T) { leavesPictures(t, b, server.URL) })
}

// TestInteropBrowserSiteFaults: a page that has every fault is told each of them, so that
// the test of the site cannot pass unnoticed.
func TestInteropBrowserSiteFaults(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"other.html": `<title>t</title><h1 id="there">Other</h1>`,
		"bad.html": `<!DOCTYPE html><link rel="icon" href="data:,"><title>t</title><h1>One</h1><h1>Two</h1>
<img src="gone.png"><img src="http://192.0.2.1/x.png"><a href="gone.html">x</a><a href="other.html#gone">y</a><a href="other.html#there">z</a>
<a href="http://192.0.2.1/">a link to another host may lead anywhere</a><pre style="width: 500px">wide</pre><script>console.error("alas")</script>`,
	} {
		check(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	server := httptest.NewServer(siteHandler(dir))
	defer server.Close()
	site := &places{at: server.URL, pages: map[string]map[string]bool{}}
	got := strings.Join(faults(Start(t).Open(t, server.URL+"/bad.html"), site), "\n")
	for _, want := range []string{
		"2 headings", "/gone.png is not shown", "x.png is not shown", "leads to /gone.html", "leads to /other.html#gone", "<pre> ends at", "alas", "Content Security Policy", "it is as wide as",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not told of:\n%s", want, got)
		}
	}
	if strings.Contains(got, "#there") {
		t.Errorf("it complains of a link that leads somewhere:\n%s", got)
	}
}

// siteHandler serves a folder, under a policy by which pages and their workers load
// nothing from another host: what they try is a complaint of the browser.
func siteHandler(dir string) http.Handler {
	files := http.FileServer(http.Dir(dir))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self' 'unsafe-inline' data:")
		files.ServeHTTP(w, r)
	})
}

// navigation is the names of the pages that the first page's navigation leads to, in its
// order.
func navigation(t *testing.T, b *Browser, at string) (named []string) {
	t.Helper()
	p := b.Open(t, at+"/index.html")
	defer p.Close()
	p.Eval(`[...document.querySelectorAll(".md-nav--primary a.md-nav__link")]
		.filter((a) => !a.getAttribute("href").startsWith("#"))
		.map((a) => new URL(a.href).pathname.slice(1))`, &named)
	return named
}

// namesDocuments: each document is in the navigation, once, and so is what changed.
func namesDocuments(t *testing.T, named []string) {
	all, err := filepath.Glob("../docs/*.md")
	check(t, err)
	folders, err := filepath.Glob("../docs/*/README.md")
	check(t, err)
	formats, err := filepath.Glob("../*/*/FORMAT.md")
	check(t, err)
	deeper, err := filepath.Glob("../*/*/*/FORMAT.md")
	check(t, err)
	all = append(slices.Concat(all, folders, formats, deeper), "../CHANGELOG.md", "../README.md", "../state/FORMAT.md")
	if len(all) < 30 {
		t.Fatalf("there are %d documents: the test looks in the wrong place", len(all))
	}
	for _, name := range all {
		page := strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(name), "../"), ".md") + ".html"
		page = strings.Replace(page, "README.html", "index.html", 1)
		if n := len(slices.DeleteFunc(slices.Clone(named), func(s string) bool { return s != page })); n != 1 {
			t.Errorf("the navigation names %s %d times, want once: docs/README.md is to name it", page, n)
		}
	}
}

// look is what a page finds of itself: the number of its first headings, images that are
// not shown, and where its links lead.
type look struct {
	Headings int
	Blank    []string
	Links    []string
}

// faults are what is wrong with a page; it leaves the page as wide as a phone's.
func faults(p *Page, site *places) (all []string) {
	p.t.Helper()
	var l look
	p.Eval(`({
		Headings: document.querySelectorAll("h1").length,
		Blank: [...document.images].filter((i) => !i.naturalWidth).map((i) => i.src),
		Links: [...new Set([...document.links].map((a) => a.href))],
	})`, &l)
	if l.Headings != 1 {
		all = append(all, fmt.Sprintf("it has %d headings of the first level, want 1", l.Headings))
	}
	for _, src := range l.Blank {
		all = append(all, strings.TrimPrefix(src, site.at)+" is not shown")
	}
	for _, link := range l.Links {
		if rest, ours := strings.CutPrefix(link, site.at); ours && !site.have(p.t, link) {
			all = append(all, "a link leads to "+rest+", which is not there")
		}
	}
	all = append(all, tooWide(p)...)
	for _, asked := range p.Asked() {
		if !strings.HasPrefix(asked, site.at) && !strings.HasPrefix(asked, "data:") {
			all = append(all, "it asks another host: "+asked)
		}
	}
	return append(all, p.Problems()...)
}

// places are the pages of a site, and the places within them that links can name.
type places struct {
	at    string
	pages map[string]map[string]bool // by path; nil: there is no such page
}

var identity = regexp.MustCompile(`\sid="?([^"\s>]+)`)

// have says whether there are the page and the place in it that a link of the site names.
func (s *places) have(t testing.TB, link string) bool {
	t.Helper()
	u, err := url.Parse(link)
	check(t, err)
	ids, known := s.pages[u.Path]
	if !known {
		answer, err := http.Get(s.at + u.Path)
		check(t, err)
		text, err := io.ReadAll(answer.Body)
		check(t, errors.Join(err, answer.Body.Close()))
		if answer.StatusCode == http.StatusOK {
			ids = map[string]bool{"": true}
			for _, m := range identity.FindAllSubmatch(text, -1) {
				ids[html.UnescapeString(string(m[1]))] = true
			}
		}
		s.pages[u.Path] = ids
	}
	return ids[u.Fragment]
}

// phone is how wide and how high a phone is.
var phone = [2]int{390, 844}

// tooWide are the parts of a page that a phone cannot show without scrolling the page
// sideways. What scrolls by itself is as wide as it likes inside.
func tooWide(p *Page) (all []string) {
	p.Size(phone[0], phone[1])
	p.Eval(`(() => {
		const all = [];
		const page = document.scrollingElement.scrollWidth;
		if (page > innerWidth) all.push("it is as wide as " + page + " pixels on a phone of " + innerWidth);
		for (const e of document.querySelectorAll("pre, .highlight, table, img, h1, h2, h3")) {
			const right = Math.round(e.getBoundingClientRect().right);
			if (right > innerWidth && !e.parentElement.closest(".md-typeset__scrollwrap, pre")) {
				all.push("<" + e.localName + "> ends at " + right + " on a phone of " + innerWidth + ": " + e.innerText.slice(0, 60));
			}
		}
		return all;
	})()`, &all)
	return all
}

// searches: who searches for a word finds pages that have it.
func searches(t *testing.T, b *Browser, at string) {
	p := b.Open(t, at+"/index.html")
	defer p.Close()
	p.Click(".md-search__input")
	p.Type("quarantine")
	p.Wait(`document.querySelectorAll(".md-search-result__item a[href*='h=quarantine']").length > 2`)
	var first string
	p.Eval(`document.querySelector(".md-search-result__item a[href*='h=quarantine']").href`, &first)
	if all := p.Problems(); len(all) > 0 {
		t.Errorf("the browser complains of the search:\n%s", strings.Join(all, "\n"))
	}
	found := b.Open(t, first)
	defer found.Close()
	if !strings.HasPrefix(first, at+"/docs/") {
		t.Errorf("the first place that is found is %s, want a document that explains the word", first)
	}
	if text := found.Text(".md-content"); !strings.Contains(strings.ToLower(text), "quarantine") {
		t.Errorf("the first page that is found, %s, does not have the word:\n%s", first, text)
	}
	found.Wait(`document.querySelector(".md-content mark")`) // it shows where the word stands
}

// brightness is how bright the background and the text are, 0 to 255.
func brightness(p *Page) (background, text int) {
	var both [2]int
	p.Eval(`["backgroundColor", "color"].map((what) => {
		const [r, g, b] = getComputedStyle(document.body)[what].match(/[\d.]+/g).map(Number);
		return Math.round((r + g + b) / 3);
	})`, &both)
	return both[0], both[1]
}

// turnsDark: the colours are the system's until the button changes them, and the next page
// has what was chosen.
func turnsDark(t *testing.T, b *Browser, at string) {
	p := b.Open(t, at+"/index.html")
	defer p.Close()
	want := func(what string, p *Page, dark bool) {
		t.Helper()
		p.Wait(fmt.Sprintf(`(document.body.dataset.mdColorScheme === "slate") === %v`, dark))
		if background, text := brightness(p); background > 60 == dark || text < 150 == dark {
			t.Errorf("%s: the background is %d bright, and the text %d: want that it is dark: %v", what, background, text, dark)
		}
	}
	want("at first", p, false)
	p.Prefers("dark", "screen")
	want("the system turns dark", p, true)
	p.Go(at + "/docs/paging.html")
	want("a page in a dark system", p, true)
	p.Prefers("light", "screen")
	want("the system turns light", p, false)
	p.Click(`label[title="Light"]:not([hidden])`)
	p.Click(`label[title="Dark"]:not([hidden])`)
	want("the button turns it dark", p, true)
	p.Go(at + "/docs/cookbook.html")
	want("the page after that", p, true)
	p.Click(`label[title="As the system has it"]:not([hidden])`)
	want("the button turns it back", p, false)
}

// opensMenu: a phone shows the navigation when it is asked for.
func opensMenu(t *testing.T, b *Browser, at string) {
	p := b.Open(t, at+"/index.html")
	defer p.Close()
	p.Size(phone[0], phone[1])
	const shown = `document.querySelector(".md-sidebar--primary").getBoundingClientRect().right > 100`
	p.Wait("!(" + shown + ")")
	p.Click(`label.md-header__button[for="__drawer"]`)
	p.Wait(shown)
}

// leavesPictures leaves pictures of some pages in the folder that TAP_REST_LOOKS names.
func leavesPictures(t *testing.T, b *Browser, at string) {
	dir := os.Getenv("TAP_REST_LOOKS")
	if dir == "" {
		t.Skip("TAP_REST_LOOKS names no folder")
	}
	for _, name := range []string{"index", "docs/cookbook", "docs/reference", "docs/for-models"} {
		for device, size := range map[string][2]int{"desktop": {1280, 900}, "phone": phone} {
			for _, colours := range []string{"light", "dark"} {
				p := b.Open(t, "about:blank")
				p.Size(size[0], size[1])
				p.Prefers(colours, "screen")
				p.Go(at + "/" + name + ".html")
				p.Screenshot(filepath.Join(dir, strings.Join([]string{"site", filepath.Base(name), device, colours}, "-")+".png"), false)
				p.Close()
			}
		}
	}
}

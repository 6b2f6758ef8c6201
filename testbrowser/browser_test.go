package testbrowser

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestInteropBrowserTells: what a page does wrong is told, what is clicked, typed and
// chosen arrives, and what the page asks for is known.
func TestInteropBrowserTells(t *testing.T) {
	const page = `<!DOCTYPE html><meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; img-src 'self'"><title>t</title>
<h1>Heading</h1><button onclick="document.title = 'clicked'">Press</button><input id="in" onkeydown="if (event.key === 'Enter') document.title = this.value">
<select oninput="document.title = this.value"><option>a<option>b</select>
<script>console.error("one"); setTimeout(() => { throw new Error("two") }, 0)</script><script src="http://127.0.0.1:9/three.js"></script><img src="/four.png">`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			_, _ = w.Write([]byte(page))
			return
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	defer server.Close()
	b := Start(t)
	p := b.Open(t, server.URL)
	p.Click("button")
	p.Wait("document.title === 'clicked'")
	p.Click("#in")
	p.Type("typed")
	p.Key("Enter")
	p.Wait("document.title === 'typed'")
	p.Choose("select", "b")
	p.Wait("document.title === 'b'")
	if got := p.Text("h1"); got != "Heading" {
		t.Errorf("the heading is %q", got)
	}
	all := strings.Join(p.Problems(), "\n")
	for _, want := range []string{"console.error: [{one", "Error: two", "three.js", "404"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not told of:\n%s", want, all)
		}
	}
	if asked := p.Asked(); !slices.Contains(asked, server.URL+"/four.png") || asked[0] != server.URL+"/" {
		t.Errorf("it asked for %q", asked)
	}
	if nodes := p.Accessible(); !slices.Contains(nodes, Node{"heading", "Heading"}) || !slices.Contains(nodes, Node{"button", "Press"}) {
		t.Errorf("a screen reader is told %v", nodes)
	}
	if before := p.Worked(); before <= 0 {
		t.Errorf("the page has computed for %v", before)
	}
	p.Size(320, 200)
	p.Prefers("dark", "screen")
	var seen string
	if p.Eval("innerWidth + ' ' + matchMedia('(prefers-color-scheme: dark)').matches", &seen); seen != "320 true" {
		t.Errorf("the window is %s, want 320 true", seen)
	}
	shot := filepath.Join(t.TempDir(), "shot.png")
	p.Screenshot(shot, false)
	if png, err := os.ReadFile(shot); err != nil || !strings.HasPrefix(string(png), "\x89PNG") {
		t.Errorf("no picture: %v", err)
	}
	if other := b.Open(t, "about:blank"); len(other.Problems()) > 0 {
		t.Errorf("an empty page has %q", other.Problems())
	}
}

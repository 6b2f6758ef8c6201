package page

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/testbrowser"
)

// opened is a page in a browser. Where TAP_REST_LOOKS names a folder, pictures of it are
// left there.
func opened(t *testing.T, b *testbrowser.Browser, p *Page) *testbrowser.Page {
	t.Helper()
	name := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(name, []byte(written(t, p)), 0o600); err != nil {
		t.Fatal(err)
	}
	return b.OpenFile(t, name)
}

func picture(p *testbrowser.Page, name string, whole bool) {
	if dir := os.Getenv("TAP_REST_LOOKS"); dir != "" {
		p.Screenshot(filepath.Join(dir, name+".png"), whole)
	}
}

// content checks what the browser has to say of a page: nothing, and that it asked for
// nothing else.
func content(t *testing.T, p *testbrowser.Page) {
	t.Helper()
	if all := p.Problems(); len(all) > 0 {
		t.Errorf("the browser complains:\n%s", strings.Join(all, "\n"))
	}
	if all := p.Asked(); len(all) != 1 {
		t.Errorf("the page asked for %q, want itself alone", all)
	}
	var hacked bool
	if p.Eval("'hacked' in window", &hacked); hacked {
		t.Error("a text of the API ran as a script")
	}
}

// TestInteropBrowser looks at a page as people do: with a mouse, with the keyboard, by
// what a screen reader is told, in the dark and on a narrow screen.
func TestInteropBrowser(t *testing.T) {
	b := testbrowser.Start(t)
	t.Run("what is shown", func(t *testing.T) { shows(t, opened(t, b, sample())) })
	t.Run("filter", func(t *testing.T) { filters(t, opened(t, b, sample())) })
	t.Run("mouse and keyboard", func(t *testing.T) { opens(t, opened(t, b, sample())) })
	t.Run("colours", func(t *testing.T) { changesColours(t, opened(t, b, sample())) })
	t.Run("narrow and on paper", func(t *testing.T) { fits(t, opened(t, b, sample())) })
	t.Run("hostile texts", func(t *testing.T) { withstands(t, opened(t, b, hostilePage())) })
	t.Run("nothing recorded", func(t *testing.T) {
		p := opened(t, b, New("dev", "", june))
		if got := p.Text("#verdict"); got != "Nothing is recorded" {
			t.Errorf("it says %q", got)
		}
		content(t, p)
	})
	t.Run("a journal without an account", func(t *testing.T) {
		p := New("dev", "", june)
		p.Begin(Source{Folder: "/j/shop-1", Passes: []Pass{}})
		e := sampleExchange("orders", 1, june)
		e.Tries = nil
		p.Add(e, "orders")
		page := opened(t, b, p)
		for _, where := range []string{"#verdict", "#figures", "#streams", "#saved", "#schema", "#quarantine"} {
			if got := page.Text(where); !strings.Contains(got, "not recorded") {
				t.Errorf("%s says %q, want that it is not recorded", where, got)
			}
		}
		picture(page, "bare", true)
		content(t, page)
	})
	t.Run("a hundred thousand calls", func(t *testing.T) { opensMany(t, b) })
}

func shows(t *testing.T, p *testbrowser.Page) {
	picture(p, "light", true)
	for where, want := range map[string][]string{
		"#verdict":    {"Of 5 streams, 2 complete, 1 in doubt, 1 failed, 1 unfinished"},
		"#runs":       {"shop: run of 2025-06-01 12:00:00.000Z, 1 min 34 s"},
		"#figures":    {"29,803", "249", "96", "11", "44.3 s", "3.6 MB"},
		"#streams":    {"proven complete: 284 pages, 28,400 records, 28,400 different keys, of a total of 28,400", "in doubt: has_more is true", "answered 403", "unfinished"},
		"#saved":      {"96 calls were not made again", "1.2 MB", "15.4 s"},
		"#schema":     {"/discount", "/lines/*/qty", "integer, string"},
		"#quarantine": {"3 records in /home/ann", "/total", `{"id":17,"total":"12,50","currency":"EUR"}`, "required"},
		"#shown":      {"296 calls"},
		"#time":       {"Calls", "Bytes received", "least 53.5 %"},
		"#made":       {"Made by tap-rest v0.9.0"},
	} {
		got := p.Text(where)
		for _, text := range want {
			if !strings.Contains(got, text) {
				t.Errorf("%s does not say %q:\n%s", where, text, got)
			}
		}
	}
	all := p.Accessible()
	has := func(role, name string) bool {
		return slices.ContainsFunc(all, func(n testbrowser.Node) bool { return n.Role == role && strings.Contains(n.Name, name) })
	}
	for _, n := range [][2]string{ // role and name
		{"heading", "Streams"}, {"heading", "Over time"}, {"columnheader", "Records"}, {"rowheader", "orders"}, {"grid", "Calls"}, {"search", "Which calls"}, {"combobox", "Result"},
		{"spinbutton", "Slower than"}, {"image", "Waterfall of 296 calls"}, {"image", "Bytes received over"}, {"link", "Skip to the calls"}, {"button", "Colours"}, {"status", ""},
	} {
		if !has(n[0], n[1]) {
			t.Errorf("a screen reader finds no %s %q", n[0], n[1])
		}
	}
	content(t, p)
}

func filters(t *testing.T, p *testbrowser.Page) {
	wants := func(text string) {
		t.Helper()
		p.Wait(fmt.Sprintf("document.querySelector('#shown').textContent === %q", text))
	}
	p.Choose("[name=stream]", "4")
	wants("12 of 296 calls")
	p.Choose("[name=stream]", "")
	wants("296 calls")
	p.Choose("[name=result]", "failed")
	wants("1 of 296 calls")
	p.Choose("[name=result]", "again")
	wants("10 of 296 calls")
	p.Choose("[name=result]", "s403")
	wants("1 of 296 calls")
	p.Choose("[name=result]", "")
	p.Choose("[name=made]", "2")
	wants("96 of 296 calls")
	p.Click("[type=reset]")
	wants("296 calls")
	p.Click("[name=slow]")
	p.Type("3000")
	wants("10 of 296 calls")
	p.Choose("[name=order]", "slow")
	p.Wait("document.querySelector('#list tbody tr:not(.pad)').textContent.includes('5.')")
	p.Click("[type=reset]")
	p.Click("[name=text]")
	p.Type("since=2025-06-01T12:00")
	wants("1 of 296 calls")
	if got := p.Text("#list tbody td:nth-child(4)"); got != "/v2/shops?since=2025-06-01T12:00" {
		t.Errorf("the request is shown as %q", got)
	}
	p.Click("[type=reset]")
	p.Click("[name=text]")
	p.Type("CURSOR=c000011")
	wants("2 of 296 calls")
	p.Type("no such")
	wants("0 of 296 calls")
	if got := p.Text("#list tbody"); !strings.Contains(got, "No call is like that") {
		t.Errorf("an empty list says %q", got)
	}
	content(t, p)
}

func opens(t *testing.T, p *testbrowser.Page) {
	p.Choose("[name=result]", "failed")
	p.Wait("document.querySelector('#shown').textContent.startsWith('1 of')")
	p.Click("#list tbody tr[data-at='0']")
	p.Wait("document.querySelector('#call').open")
	text := p.Text("#call")
	for _, want := range []string{"Answer 403, failed for good", "https://api.example.com/v2/payouts", "X-Ratelimit-Remaining", "600", `{"error":"the token has no right to payouts"}`, "500", "2.10 s", "100.0 %", "payouts"} {
		if !strings.Contains(text, want) {
			t.Errorf("the call does not say %q:\n%s", want, text)
		}
	}
	picture(p, "call", false)
	p.Key("Escape")
	p.Wait("!document.querySelector('#call').open")
	p.Click("[type=reset]")
	p.Wait("document.querySelector('#shown').textContent === '296 calls'")

	// The keyboard alone: to a row far down, open it, the next one, and back to the row.
	p.Eval("document.querySelector('#list tr[tabindex=\"0\"]').focus()", nil)
	at := func(want string) {
		t.Helper()
		p.Wait(fmt.Sprintf("document.activeElement.dataset.at === %q", want))
	}
	p.Key("ArrowDown")
	at("1")
	p.Key("End")
	at("295")
	p.Key("PageUp")
	p.Wait("+document.activeElement.dataset.at < 290")
	p.Key("Home")
	at("0")
	p.Key("ArrowDown")
	p.Key("Enter")
	p.Wait("document.querySelector('#call').open && document.activeElement.id === 'call-title'")
	if got := p.Text("#call-title"); !strings.Contains(got, "call 2 of 296") {
		t.Errorf("the second call is %q", got)
	}
	if got := p.Text("#call"); !strings.Contains(got, "not recorded") {
		t.Errorf("a call of an older journal does not say what is not recorded:\n%s", got)
	}
	p.Click("#after")
	if got := p.Text("#call-title"); !strings.Contains(got, "call 3 of 296") {
		t.Errorf("the call after it is %q", got)
	}
	p.Key("Escape")
	at("2")
	p.Click("#fall")
	p.Wait("+document.activeElement.dataset.at > 100")
	content(t, p)
}

func changesColours(t *testing.T, p *testbrowser.Page) {
	ground := func() (colour string) {
		p.Eval("getComputedStyle(document.body).backgroundColor", &colour)
		return colour
	}
	inks := func() (sum int) { // of the waterfall's drawing
		p.Eval("[...document.querySelector('#fall').toDataURL()].reduce((n, x) => (n * 31 + x.charCodeAt(0)) % 1000003, 7)", &sum)
		return sum
	}
	light, drawn := ground(), inks()
	p.Prefers("dark", "screen")
	p.Wait("getComputedStyle(document.body).backgroundColor !== '" + light + "'")
	dark := ground()
	if inks() == drawn {
		t.Error("the waterfall is as it was in the light")
	}
	picture(p, "dark", true)
	p.Click("#theme")
	if got := ground(); got != light {
		t.Errorf("the button for light gives %s, want %s", got, light)
	}
	p.Click("#theme")
	p.Prefers("light", "screen")
	if got := ground(); got != dark {
		t.Errorf("the button for dark gives %s, want %s", got, dark)
	}
	p.Click("#theme")
	if got := ground(); got != light {
		t.Errorf("the button for the system's colours gives %s, want %s", got, light)
	}
	content(t, p)
}

func fits(t *testing.T, p *testbrowser.Page) {
	p.Size(390, 844)
	var wide, window int
	p.Eval("document.documentElement.scrollWidth", &wide)
	if p.Eval("innerWidth", &window); wide > window {
		t.Errorf("the page is %d wide in a window of %d", wide, window)
	}
	p.Wait("document.querySelector('#fall').width <= 390")
	picture(p, "narrow", true)
	p.Eval("document.querySelector('#list tr[data-at]').click()", nil)
	p.Wait("document.querySelector('#call').open")
	picture(p, "narrow-call", false)
	p.Key("Escape")
	p.Size(1280, 900)
	p.Prefers("dark", "print")
	var shown string
	p.Eval("dispatchEvent(new Event('beforeprint')), getComputedStyle(document.querySelector('#filter')).display + document.querySelectorAll('#list tbody tr[data-at]').length + getComputedStyle(document.documentElement).colorScheme", &shown)
	if shown != "none200light" {
		t.Errorf("on paper the filter, the calls and the colours are %s, want none, 200, light", shown)
	}
	picture(p, "paper", true)
	if dir := os.Getenv("TAP_REST_LOOKS"); dir != "" {
		p.PDF(filepath.Join(dir, "paper.pdf"))
	}
	p.Eval("dispatchEvent(new Event('afterprint'))", nil)
	content(t, p)
}

func withstands(t *testing.T, p *testbrowser.Page) {
	picture(p, "hostile", true)
	var rows int
	p.Eval("document.querySelector('#list').getAttribute('aria-rowcount') - 1", &rows)
	p.Eval("document.querySelector('#list tr[data-at=\"0\"]').click()", nil)
	for n := range rows {
		if got, want := p.Text("#call-title"), fmt.Sprintf("call %d of %d", n+1, rows); !strings.Contains(got, want) {
			t.Fatalf("%q is opened, want %s", got, want)
		}
		p.Eval("document.querySelector('#after').click()", nil)
	}
	p.Eval("document.querySelector('#call').close()", nil)
	if rows != 2*len(hostile) {
		t.Errorf("%d calls are listed, want %d", rows, 2*len(hostile))
	}
	var strange int
	p.Eval("document.querySelectorAll('img, svg, iframe, object, [onload], [onerror]').length + document.scripts.length - document.querySelectorAll('script[type=\"application/json\"]').length - 1", &strange)
	if strange != 0 {
		t.Errorf("%d elements are the API's", strange)
	}
	streams := p.Text("#streams")
	if strings.Contains(streams, "[object") || strings.Contains(streams, "native code") {
		t.Errorf("a name that JavaScript knows is taken for what it stands for:\n%s", streams)
	}
	for _, text := range []string{hostile[0], hostile[1], "a⟨U+2028⟩hacked=1", "bad \ufffd\ufffd utf-8", "nul ␀ and ␛[31m", "⟨U+202E⟩gnp.exe", `\u003c/script\u003e\`, "__proto__"} {
		if !strings.Contains(streams, text) {
			t.Errorf("the streams do not show %q as it is:\n%s", text, streams)
		}
	}
	for _, text := range []string{"<img", "U+2028"} {
		p.Choose("[name=stream]", "")
		if got := p.Text("#quarantine"); !strings.Contains(got, text) {
			t.Errorf("the quarantined records do not show %q", text)
		}
	}
	content(t, p)
}

// opensMany: how long a page of as many calls as there may be takes by the browser's own
// clock is told, and asserted where TAP_REST_FULL_TESTS=1: a machine that does much else
// takes as long as it likes.
func opensMany(t *testing.T, b *testbrowser.Browser) {
	p := New("dev", "", june)
	p.Begin(Source{Folder: "/j/shop-1", Last: sampleRun()})
	for n := range mostCalls {
		p.Add(sampleExchange("orders", n, june.Add(time.Duration(n)*20*time.Millisecond)), "orders")
	}
	page := opened(t, b, p)
	var ready float64
	page.Eval("performance.getEntriesByName('ready')[0].startTime", &ready)
	t.Logf("a page of %d calls was ready after %.0f ms, of which it computed %d ms", mostCalls, ready, page.Worked().Milliseconds())
	if ready > 2000 && os.Getenv("TAP_REST_FULL_TESTS") == "1" {
		t.Errorf("a page of %d calls was ready after %.0f ms, want less than 2000", mostCalls, ready)
	}
	var rows int
	if page.Eval("document.querySelectorAll('#list tbody tr').length", &rows); rows > 60 {
		t.Errorf("%d rows are in the document, want those that are seen", rows)
	}
	page.Eval("document.querySelector('#list tr[tabindex=\"0\"]').focus()", nil)
	page.Key("End")
	page.Wait(fmt.Sprintf("document.activeElement.dataset.at === '%d'", mostCalls-1))
	page.Key("Enter")
	page.Wait("document.querySelector('#call').open")
	if got := page.Text("#call"); !strings.Contains(got, fmt.Sprintf("cursor=c%06d", mostCalls-1)) || !strings.Contains(got, fmt.Sprintf("req-orders-%d", mostCalls-1)) {
		t.Errorf("the last call is\n%s", got)
	}
	page.Key("Escape")
	page.Click("[name=text]")
	page.Type(fmt.Sprintf("c%06d", 77_777))
	page.Wait("document.querySelector('#shown').textContent === '1 of 100,000 calls'")
	picture(page, "many", false)
	content(t, page)
}

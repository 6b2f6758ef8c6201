package testbrowser

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// Page is a tab. Its methods fail the test where the page does not do as it is told.
type Page struct {
	t       testing.TB
	browser *Browser
	session string
	loaded  chan struct{} // one value for each page that has loaded

	mu       sync.Mutex
	problems []string
	asked    []string
}

// Open opens a page by its URL, and waits until it has loaded: its scripts have run.
func (b *Browser) Open(t testing.TB, url string) *Page {
	t.Helper()
	var target struct{ TargetID string }
	p := &Page{t: t, browser: b, loaded: make(chan struct{}, 16)}
	p.read(b.call("", "Target.createTarget", map[string]any{"url": "about:blank"}))(&target)
	var attached struct{ SessionID string }
	p.read(b.call("", "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}))(&attached)
	p.session = attached.SessionID
	b.mu.Lock()
	b.pages[p.session] = p
	b.mu.Unlock()
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		p.Do(domain+".enable", nil)
	}
	p.Do("Performance.enable", map[string]string{"timeDomain": "threadTicks"})
	p.Size(1280, 900)
	p.Go(url)
	return p
}

// Go opens another page in the same tab, and waits until it has loaded.
func (p *Page) Go(url string) {
	p.t.Helper()
	for len(p.loaded) > 0 { // of the page before it
		<-p.loaded
	}
	p.Do("Page.navigate", map[string]any{"url": url})
	select {
	case <-p.loaded:
	case <-time.After(patience):
		p.t.Fatalf("%s has not loaded within %v", url, patience)
	}
}

// Close closes the tab.
func (p *Page) Close() {
	p.t.Helper()
	p.Do("Page.close", nil)
	p.browser.mu.Lock()
	defer p.browser.mu.Unlock()
	delete(p.browser.pages, p.session)
}

// OpenFile opens a file.
func (b *Browser) OpenFile(t testing.TB, name string) *Page {
	t.Helper()
	whole, err := filepath.Abs(name)
	check(t, err)
	return b.Open(t, "file://"+filepath.ToSlash(whole))
}

// read returns what takes a result apart; a command that failed fails the test.
func (p *Page) read(result json.RawMessage, err error) func(into any) {
	p.t.Helper()
	check(p.t, err)
	return func(into any) {
		p.t.Helper()
		check(p.t, json.Unmarshal(result, into))
	}
}

// happens takes note of what the browser tells of the page.
func (p *Page) happens(method string, params json.RawMessage) {
	var e struct {
		Type             string
		Args             []struct{ Value, Description any }
		ExceptionDetails struct {
			Text      string
			Exception struct{ Description string }
		}
		Entry   struct{ Level, Text, URL string }
		Request struct{ URL string }
	}
	_ = json.Unmarshal(params, &e) // of what looks otherwise, nothing is needed
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case method == "Page.loadEventFired":
		select {
		case p.loaded <- struct{}{}:
		default:
		}
	case method == "Runtime.exceptionThrown":
		p.problems = append(p.problems, "exception: "+e.ExceptionDetails.Text+" "+e.ExceptionDetails.Exception.Description)
	case method == "Runtime.consoleAPICalled" && (e.Type == "error" || e.Type == "warning" || e.Type == "assert"):
		p.problems = append(p.problems, fmt.Sprintf("console.%s: %v", e.Type, e.Args))
	case method == "Log.entryAdded" && (e.Entry.Level == "error" || e.Entry.Level == "warning"):
		p.problems = append(p.problems, fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL))
	case method == "Page.javascriptDialogOpening":
		p.problems = append(p.problems, "the page opened a dialog of the browser")
		go func() {
			_, _ = p.browser.call(p.session, "Page.handleJavaScriptDialog", map[string]any{"accept": true})
		}()
	case method == "Network.requestWillBeSent":
		p.asked = append(p.asked, e.Request.URL)
	}
}

// Problems are what the browser has complained of: errors and warnings in the console,
// exceptions, and what the page's policy refused.
func (p *Page) Problems() []string {
	p.Eval("0", nil) // what came before it was told
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.problems)
}

// Asked are the URLs that the page has asked for, its own as the first.
func (p *Page) Asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

// Do sends the page a command of the protocol.
func (p *Page) Do(method string, params any) json.RawMessage {
	p.t.Helper()
	result, err := p.browser.call(p.session, method, params)
	check(p.t, err)
	return result
}

// Eval evaluates JavaScript, waits for what it promises, and reads its value; into may
// be nil.
func (p *Page) Eval(script string, into any) {
	p.t.Helper()
	var r struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	check(p.t, json.Unmarshal(p.Do("Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true, "awaitPromise": true, "userGesture": true}), &r))
	if e := r.ExceptionDetails; e != nil {
		p.t.Fatalf("%s: %s %s", script, e.Text, e.Exception.Description)
	}
	if into != nil && r.Result.Value != nil {
		check(p.t, json.Unmarshal(r.Result.Value, into))
	}
}

// Worked is how long the page's thread has computed since it was opened: what else the
// machine does is not in it.
func (p *Page) Worked() time.Duration {
	p.t.Helper()
	var r struct {
		Metrics []struct {
			Name  string
			Value float64
		}
	}
	check(p.t, json.Unmarshal(p.Do("Performance.getMetrics", nil), &r))
	for _, m := range r.Metrics {
		if m.Name == "TaskDuration" {
			return time.Duration(m.Value * float64(time.Second))
		}
	}
	p.t.Fatal("the browser does not say how long the page has computed")
	return 0
}

// Text is the text of the first element that a selector finds, as it is shown.
func (p *Page) Text(selector string) (text string) {
	p.t.Helper()
	p.Eval(fmt.Sprintf("document.querySelector(%s).innerText", quoted(selector)), &text)
	return text
}

// Wait waits until a condition in JavaScript holds.
func (p *Page) Wait(condition string) {
	p.t.Helper()
	var holds bool
	p.Eval(fmt.Sprintf(`new Promise((done) => {
		const end = Date.now() + %d;
		const look = () => { if (%s) done(true); else if (Date.now() > end) done(false); else setTimeout(look, 10); };
		look();
	})`, patience.Milliseconds()/2, condition), &holds)
	if !holds {
		p.t.Fatalf("it never holds that %s", condition)
	}
}

// Click clicks the middle of the first element that a selector finds, as a mouse does.
func (p *Page) Click(selector string) {
	p.t.Helper()
	var at struct{ X, Y float64 }
	p.Eval(fmt.Sprintf(`(() => {
		const e = document.querySelector(%s);
		if (!e) throw new Error("there is no such element");
		e.scrollIntoView({block: "center", inline: "center"});
		const r = e.getBoundingClientRect();
		return {X: r.x + r.width / 2, Y: r.y + r.height / 2};
	})()`, quoted(selector)), &at)
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		p.Do("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1})
	}
}

// keyCodes are what browsers call keys by number.
var keyCodes = map[string]int{
	"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "PageUp": 33, "PageDown": 34, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
}

// Key presses a key, by its name in JavaScript, where the focus is.
func (p *Page) Key(key string) {
	p.t.Helper()
	code, ok := keyCodes[key]
	if !ok {
		p.t.Fatalf("no key %q is known here", key)
	}
	event := map[string]any{"type": "rawKeyDown", "key": key, "code": key, "windowsVirtualKeyCode": code}
	if key == "Enter" {
		event["type"], event["text"] = "keyDown", "\r"
	}
	p.Do("Input.dispatchKeyEvent", event)
	p.Do("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": code})
}

// Type types a text where the focus is.
func (p *Page) Type(text string) {
	p.t.Helper()
	p.Do("Input.insertText", map[string]any{"text": text})
}

// Choose chooses a value in the select that a selector finds.
func (p *Page) Choose(selector, value string) {
	p.t.Helper()
	p.Eval(fmt.Sprintf(`(() => {
		const e = document.querySelector(%s);
		e.value = %s;
		if (e.value !== %[2]s) throw new Error("there is no such choice");
		e.dispatchEvent(new Event("input", {bubbles: true}));
	})()`, quoted(selector), quoted(value)), nil)
}

// Size sets the size of the window, in pixels of the style.
func (p *Page) Size(width, height int) {
	p.t.Helper()
	p.Do("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false})
}

// Prefers sets which colours the system prefers, light or dark, and the kind of medium:
// screen or print.
func (p *Page) Prefers(colours, medium string) {
	p.t.Helper()
	p.Do("Emulation.setEmulatedMedia", map[string]any{"media": medium, "features": []map[string]string{{"name": "prefers-color-scheme", "value": colours}}})
}

// Screenshot writes a PNG of the page, from its top to its end, or of what the window shows.
func (p *Page) Screenshot(name string, whole bool) {
	p.t.Helper()
	var shot struct{ Data string }
	check(p.t, json.Unmarshal(p.Do("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": whole}), &shot))
	data, err := base64.StdEncoding.DecodeString(shot.Data)
	check(p.t, err)
	check(p.t, os.WriteFile(name, data, 0o600))
}

// PDF writes the page as it is printed.
func (p *Page) PDF(name string) {
	p.t.Helper()
	var file struct{ Data string }
	check(p.t, json.Unmarshal(p.Do("Page.printToPDF", map[string]any{"printBackground": false}), &file))
	data, err := base64.StdEncoding.DecodeString(file.Data)
	check(p.t, err)
	check(p.t, os.WriteFile(name, data, 0o600))
}

// Node is what a screen reader is told of an element.
type Node struct{ Role, Name string }

// Accessible are the elements of the page as a screen reader has them, but for those that
// it leaves out.
func (p *Page) Accessible() (all []Node) {
	p.t.Helper()
	var tree struct {
		Nodes []struct {
			Ignored    bool
			Role, Name struct{ Value string }
		}
	}
	check(p.t, json.Unmarshal(p.Do("Accessibility.getFullAXTree", nil), &tree))
	for _, n := range tree.Nodes {
		if !n.Ignored {
			all = append(all, Node{n.Role.Value, n.Name.Value})
		}
	}
	return all
}

func quoted(text string) string {
	b, _ := json.Marshal(text) // text
	return string(b)
}

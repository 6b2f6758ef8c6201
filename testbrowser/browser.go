package testbrowser

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// Names are the programs that are looked for, in this order, unless CHROMIUM names one.
var names = []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome"}

// Find is the path of a Chromium; "": there is none.
func Find() string {
	for _, name := range append([]string{os.Getenv("CHROMIUM")}, names...) {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	return ""
}

// Browser is a Chromium without a window.
type Browser struct {
	cmd  *exec.Cmd
	to   *os.File
	dead chan struct{} // closed when it says nothing any more

	mu      sync.Mutex
	last    int
	answers map[int]chan answer
	pages   map[string]*Page // by session
}

// answer is what the browser answers to a command.
type answer struct {
	Result json.RawMessage
	Error  *struct{ Message string }
}

// patience is how long a command or a condition may take: for a browser that hangs, not
// for a machine that is slow.
const patience = time.Minute

// Start starts a browser that ends with the test. The test is skipped where there is
// none.
func Start(t testing.TB) *Browser {
	t.Helper()
	path := Find()
	switch {
	case path == "" && os.Getenv("CI") == "true":
		t.Fatal("no Chromium is installed, and CI=true wants one: apt-get install chromium, or name it by CHROMIUM")
	case path == "":
		t.Skip("no Chromium is installed: apt-get install chromium, or name one by CHROMIUM")
	}
	args := []string{
		"--headless=new", "--remote-debugging-pipe", "--user-data-dir=" + t.TempDir(), "--no-first-run", "--no-default-browser-check",
		"--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-default-apps", "--disable-extensions", "--mute-audio", "--hide-scrollbars", "--force-device-scale-factor=1", "--lang=en-US",
	}
	if os.Getuid() == 0 {
		args = append(args, "--no-sandbox") // Chromium refuses to run as root with it
	}
	theirs, to, err := os.Pipe()
	check(t, err)
	from, out, err := os.Pipe()
	check(t, err)
	b := &Browser{cmd: exec.Command(path, append(args, "about:blank")...), to: to, dead: make(chan struct{}), answers: map[int]chan answer{}, pages: map[string]*Page{}}
	b.cmd.ExtraFiles = []*os.File{theirs, out} // 3 and 4, as the protocol has it
	check(t, b.cmd.Start())
	theirs.Close()
	out.Close()
	go b.listen(from)
	t.Cleanup(func() { b.close(t) })
	return b
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// close ends the browser: by asking it, so that its processes end with it.
func (b *Browser) close(t testing.TB) {
	_, err := b.call("", "Browser.close", nil)
	if err != nil && !errors.Is(err, errGone) {
		t.Errorf("close the browser: %v", err)
	}
	b.to.Close()
	select {
	case <-b.dead:
	case <-time.After(patience):
		b.cmd.Process.Kill()
	}
	_ = b.cmd.Wait() // it may say that a signal ended it
}

// listen hands out what the browser says, until it says nothing any more.
func (b *Browser) listen(from *os.File) {
	defer close(b.dead)
	defer from.Close()
	in := bufio.NewReaderSize(from, 1<<20)
	for {
		text, err := in.ReadBytes(0)
		if err != nil {
			return
		}
		var m struct {
			ID        int
			SessionID string
			Method    string
			Params    json.RawMessage
			answer
		}
		if json.Unmarshal(text[:len(text)-1], &m) != nil {
			continue
		}
		b.mu.Lock()
		to, page := b.answers[m.ID], b.pages[m.SessionID]
		delete(b.answers, m.ID)
		b.mu.Unlock()
		switch {
		case to != nil:
			to <- m.answer
		case page != nil:
			page.happens(m.Method, m.Params)
		}
	}
}

var errGone = errors.New("the browser has ended")

// call sends a command to the browser, or to a page by its session, and returns what it
// answers.
func (b *Browser) call(session, method string, params any) (json.RawMessage, error) {
	if params == nil {
		params = struct{}{}
	}
	to := make(chan answer, 1)
	b.mu.Lock()
	b.last++
	id := b.last
	b.answers[id] = to
	text, err := json.Marshal(struct {
		ID        int    `json:"id"`
		Method    string `json:"method"`
		Params    any    `json:"params"`
		SessionID string `json:"sessionId,omitempty"`
	}{id, method, params, session})
	if err == nil {
		_, err = b.to.Write(append(text, 0))
	}
	b.mu.Unlock()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	select {
	case a := <-to:
		if a.Error != nil {
			return nil, fmt.Errorf("%s: %s", method, strings.TrimSpace(a.Error.Message))
		}
		return a.Result, nil
	case <-b.dead:
		return nil, fmt.Errorf("%s: %w", method, errGone)
	case <-time.After(patience):
		return nil, fmt.Errorf("%s: no answer within %v", method, patience)
	}
}

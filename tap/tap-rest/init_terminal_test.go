//go:build !windows

package main_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/testrig"
)

// dialogue is one with a program on a terminal of its own.
type dialogue struct {
	t    *testing.T
	file *os.File
	seen bytes.Buffer
}

// expect reads what the program says until a text comes.
func (c *dialogue) expect(text string) {
	c.t.Helper()
	from := c.seen.Len()
	part := make([]byte, 1)
	for !strings.Contains(c.seen.String()[from:], text) {
		n, err := c.file.Read(part)
		c.seen.Write(part[:n])
		if err != nil {
			c.t.Fatalf("the program ended before it said %q: %v\n%s", text, err, c.seen.String())
		}
	}
}

func (c *dialogue) answer(question, text string) {
	c.t.Helper()
	c.expect(question)
	if _, err := io.WriteString(c.file, text+"\n"); err != nil {
		c.t.Fatal(err)
	}
}

// rest is all that the program says to its end.
func (c *dialogue) rest() string {
	io.Copy(&c.seen, c.file) // a terminal whose program is gone is an error
	return c.seen.String()
}

// inDialogue starts tap-rest on a terminal, in a folder.
func inDialogue(t *testing.T, dir string, args ...string) (*dialogue, *exec.Cmd) {
	t.Helper()
	cmd := exec.Command(builtBinary(t), args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_STATE_HOME="+dir)
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 200})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return &dialogue{t: t, file: file}, cmd
}

// twoLists is an API whose answer has two lists that may be the records.
func twoLists(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"items":[{"id":1,"a":1},{"id":2,"a":2}],"results":[{"id":"x"},{"id":"y"},{"id":"z"}],"total":3}`)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestInitAsks(t *testing.T) {
	dir := t.TempDir()
	url := twoLists(t)
	c, cmd := inDialogue(t, dir, "init", "curl -H 'Authorization: Bearer s3cret-77' "+url+"/v1/things")
	c.answer("What is the stream called? [things] ", "widgets")
	c.answer("Where does the definition go? [widgets.yaml] ", "")
	c.answer("Which? [1] ", "nonsense")
	c.answer("Which? [1] ", "results")
	c.answer("Put token into widgets.config.json, which only you can read? [Y/n] ", "y")
	said := c.rest()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	definition, err := os.ReadFile(filepath.Join(dir, "widgets.yaml"))
	if err != nil || !strings.Contains(string(definition), "records: results") || !strings.Contains(string(definition), "name: widgets") {
		t.Errorf("%v\n%s\n%s", err, definition, said)
	}
	info, err := os.Stat(filepath.Join(dir, "widgets.config.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the config: %v, %v, want mode 0600", info, err)
	}
	config, _ := os.ReadFile(filepath.Join(dir, "widgets.config.json"))
	if string(config) != `{"source": "widgets.yaml", "token": "s3cret-77"}`+"\n" {
		t.Errorf("the config is %s", config)
	}
	if strings.Contains(strings.ReplaceAll(said, "\r", ""), "s3cret-77") {
		t.Errorf("the secret was said:\n%s", said)
	}
}

func TestInitAsksBeforeItReplaces(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "mine.yaml")
	testrig.Write(t, file, "mine")
	api := apitest.New(apitest.RequireBearer("s3cret-77")).Add(apitest.Shops())
	server := httptest.NewServer(api)
	defer server.Close()
	line := "curl -H 'Authorization: Bearer s3cret-77' " + server.URL + "/shops"
	c, cmd := inDialogue(t, dir, "init", line, "-o", "mine.yaml")
	c.answer("mine.yaml is there already. Replace it? [y/N] ", "")
	said := c.rest()
	if err := cmd.Wait(); err == nil || !strings.Contains(said, "nothing was written") {
		t.Errorf("%v, want exit code 2\n%s", err, said)
	}
	if text, _ := os.ReadFile(file); string(text) != "mine" || api.Count() != 0 {
		t.Errorf("the file is %s after %d calls, want mine after none", text, api.Count())
	}

	c, cmd = inDialogue(t, dir, "init", line) // without -o: the name is asked, and the file in its way, before the first call
	c.answer("What is the stream called? [shops] ", "")
	c.answer("Where does the definition go? [shops.yaml] ", "mine.yaml")
	c.answer("mine.yaml is there already. Replace it? [y/N] ", "")
	said = c.rest()
	if err := cmd.Wait(); err == nil || !strings.Contains(said, "nothing was written") || api.Count() != 0 {
		t.Errorf("%v after %d calls, want exit code 2 after none\n%s", err, api.Count(), said)
	}

	c, cmd = inDialogue(t, dir, "init", line, "-o", "mine.yaml")
	c.answer("Replace it? [y/N] ", "yes")
	c.answer("What is the stream called? [shops] ", "")
	c.answer("which only you can read? [Y/n] ", "n")
	said = c.rest()
	if err := cmd.Wait(); err != nil || !strings.Contains(said, "export TAP_REST_TOKEN=…") {
		t.Errorf("%v\n%s", err, said)
	}
	config, _ := os.ReadFile(filepath.Join(dir, "mine.config.json"))
	if text, _ := os.ReadFile(file); !strings.Contains(string(text), "name: shops") || strings.Contains(string(config), "s3cret-77") {
		t.Errorf("the definition is %s\nthe config %s", text, config)
	}
}

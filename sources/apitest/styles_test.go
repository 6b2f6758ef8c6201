package apitest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest/styles"
)

// TestStylesCurl does what the list says to curl: every line is answered with 200, or with
// 202 by the export.
func TestStylesCurl(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl here")
	}
	server := serveStyles(t)
	lines := curlLines(t, server.URL)
	if len(lines) != len(styles.All()) {
		t.Fatalf("the list has %d lines for curl, want one for each of the %d styles", len(lines), len(styles.All()))
	}
	for _, line := range lines {
		out, err := exec.Command("sh", "-c", strings.Replace(line, "curl ", "curl -sS -o /dev/null -w '%{http_code}' ", 1)).CombinedOutput()
		if got := string(out); err != nil || got != "200" && got != "202" {
			t.Errorf("%s: %v, %s", line, err, got)
		}
	}
}

// TestStylesRefused has no style with credentials answer who brings none, or the wrong ones.
func TestStylesRefused(t *testing.T) {
	server := serveStyles(t)
	for _, test := range []struct{ name, method, path, body string }{
		{"no password", "GET", "/basic/orders", ""},
		{"no key", "GET", "/key/orders", ""},
		{"no token", "GET", "/oauth2/orders", ""},
		{"no session", "GET", "/session/orders", ""},
		{"no token for a job", "POST", "/exports", ""},
		{"wrong client secret", "POST", "/oauth2/token?grant_type=client_credentials&client_id=ada&client_secret=x", ""},
		{"wrong password", "POST", "/session/login", `{"user":"ada","password":"x"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := http.NewRequest(test.method, server.URL+test.path, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			res, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusUnauthorized {
				t.Errorf("it is answered with %s, want 401", res.Status)
			}
		})
	}
}

func serveStyles(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	styles.Mount(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// curlLines returns the lines for curl in the list of styles.
func curlLines(t *testing.T, url string) (lines []string) {
	res, err := http.Get(url + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line, found := strings.CutPrefix(strings.TrimSpace(line), "curl "); found {
			lines = append(lines, "curl "+line)
		}
	}
	return lines
}

package doctor_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/tap/doctor"
	"github.com/tap-rest/tap-rest/testrig"
)

// TestFolder proves what is said of folders, and that nothing stays in them.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	testrig.Write(t, file, "")
	open, private := filepath.Join(dir, "open"), filepath.Join(dir, "private")
	for name, mode := range map[string]os.FileMode{open: 0o755, private: 0o700} {
		if err := os.Mkdir(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, dir string
		private   bool
		level     doctor.Level
		says      string
	}{
		{"private", private, true, doctor.OK, "can be written to"},
		{"open", open, true, doctor.Warning, "others may look into it (mode 0755): chmod 700"},
		{"open and not private", open, false, doctor.OK, "can be written to"},
		{"not there", filepath.Join(open, "a", "b"), true, doctor.OK, "is not there yet, and can be made"},
		{"file", file, true, doctor.Failure, "is no folder"},
		{"below a file", filepath.Join(file, "a"), true, doctor.Failure, "not a directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := doctor.Folder("x", tt.dir, tt.private)
			if got.Level != tt.level || !strings.Contains(got.Text, tt.says) {
				t.Errorf("got %s %q, want %s %q", got.Level, got.Text, tt.level, tt.says)
			}
		})
	}
	for _, name := range []string{open, private} {
		if left, err := os.ReadDir(name); err != nil || len(left) > 0 {
			t.Errorf("%s holds %v, %v", name, left, err)
		}
	}
}

// TestClock proves what is said of a server's clock, that it is asked once, and that
// nobody is named to it.
func TestClock(t *testing.T) {
	for _, tt := range []struct {
		name  string
		date  func() string
		level doctor.Level
		says  string
	}{
		{"the same", func() string { return time.Now().UTC().Format(http.TimeFormat) }, doctor.OK, "its clock is ours"},
		{"ahead", func() string { return time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat) }, doctor.Warning, "is 1h0m"},
		{"behind", func() string { return time.Now().Add(50 * time.Hour).UTC().Format(http.TimeFormat) }, doctor.Failure, "behind that of"},
		{"no date", func() string { return "soon" }, doctor.OK, "does not say what time it is"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked++
				if r.Method != http.MethodHead || r.Header.Get("Authorization") != "" {
					t.Errorf("%s with %v", r.Method, r.Header)
				}
				w.Header().Set("Date", tt.date())
			}))
			defer server.Close()
			got := doctor.Clock(t.Context(), server.Client(), server.URL)
			if got.Level != tt.level || !strings.Contains(got.Text, tt.says) || asked != 1 {
				t.Errorf("got %s %q after %d requests, want %s %q", got.Level, got.Text, asked, tt.level, tt.says)
			}
		})
	}
}

// TestClockOfNobody proves what is said of servers that cannot be asked.
func TestClockOfNobody(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	if got := doctor.Clock(t.Context(), &http.Client{}, server.URL); got.Level != doctor.Warning || !strings.Contains(got.Text, "is not believed here") {
		t.Errorf("got %s %q for an unknown certificate", got.Level, got.Text)
	}
	server.Close()
	if got := doctor.Clock(t.Context(), &http.Client{}, server.URL+"/?key=sesame"); got.Level != doctor.Failure || strings.Contains(got.Text, "sesame") {
		t.Errorf("got %s %q for a server that is not there", got.Level, got.Text)
	}
	if got := doctor.Clock(t.Context(), &http.Client{}, "http://sesame\x7f"); got.Level != doctor.Failure || strings.Contains(got.Text, "sesame") {
		t.Errorf("got %s %q for what is no URL", got.Level, got.Text)
	}
}

// TestNetwork proves that proxies are told of without passwords, and what is wrong with
// them and with files of certificates.
func TestNetwork(t *testing.T) {
	for _, tt := range []struct {
		name  string
		env   map[string]string
		level doctor.Level
		says  string
	}{
		{"none", nil, doctor.OK, "none is set"},
		{"password", map[string]string{"https_proxy": "http://me:sesame@proxy.example:3128"}, doctor.OK, "HTTPS_PROXY=http://***@proxy.example:3128"},
		{"without a scheme", map[string]string{"HTTP_PROXY": "me:sesame@proxy.example"}, doctor.OK, "HTTP_PROXY=***@proxy.example"},
		{"no host", map[string]string{"HTTP_PROXY": "http://"}, doctor.Failure, "HTTP_PROXY is no URL"},
		{"exceptions", map[string]string{"NO_PROXY": "localhost,.example"}, doctor.OK, "NO_PROXY=localhost,.example"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := doctor.Network(func(name string) string { return tt.env[name] })[0]
			if got.Level != tt.level || !strings.Contains(got.Text, tt.says) || strings.Contains(got.Text, "sesame") {
				t.Errorf("got %s %q, want %s %q", got.Level, got.Text, tt.level, tt.says)
			}
		})
	}
	all := doctor.Network(func(name string) string { return map[string]string{"SSL_CERT_FILE": "/nowhere.pem"}[name] })
	if got := all[len(all)-1]; got.Level != doctor.Failure || !doctor.Failed(all) {
		t.Errorf("got %s %q for a file of certificates that is not there", got.Level, got.Text)
	}
}

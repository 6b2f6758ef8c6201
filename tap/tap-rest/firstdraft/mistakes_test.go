package firstdraft

import (
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/testrig"
)

// silent is an API that nobody reaches.
type silent struct{}

func (silent) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")}
}

// nobody is a host that has no address.
type nobody struct{}

func (nobody) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: r.URL.Host, Server: "10.1.2.3:53", IsNotFound: true}}
}

// html is a page.
type html struct{}

func (html) RoundTrip(r *http.Request) (*http.Response, error) {
	return constant{[]byte("<!doctype html><html><form>"), "text/html"}.RoundTrip(r)
}

// TestInitMistakes: who gives init what it cannot use reads what was found, and the way out;
// no secret of the source.
func TestInitMistakes(t *testing.T) {
	const secret = "Zq7-s3cretValue_42xY"
	dir := t.TempDir()
	for name, text := range map[string]string{
		"doc.pdf": "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj\n", "empty.json": " \n", "some.json": `{"a":1}`,
		"page.html": "<!DOCTYPE html><html></html>", "notes.txt": "the token is " + secret,
	} {
		testrig.Write(t, filepath.Join(dir, name), text)
	}
	t.Chdir(dir)
	login := body(`{"access_token":"` + secret + `","expires_in":3600}`)
	for _, tt := range []struct {
		name   string
		init   Cmd
		api    http.RoundTripper
		want   []string
		unused bool // the input cannot be used: exit code 2
	}{
		{"nobody answers", Cmd{Source: []string{"curl https://api.test/x?api_key=" + secret}}, silent{}, []string{"api.test gave no answer", "connection reset", "nothing was written"}, false},
		{"no such host", Cmd{Source: []string{"https://api.test/x"}}, nobody{}, []string{"api.test gave no answer: there is no host of that name; nothing was written"}, false},
		{"a page of a login", Cmd{Source: []string{"https://api.test/x"}}, html{}, []string{"a page of HTML, and no data, as logins are", "nothing was written"}, false},
		{"an error behind 200", Cmd{Source: []string{"https://api.test/x"}}, body(`{"error":{"message":"no such table"}}`), []string{"tells of an error, in error", "no such table", "nothing was written"}, false},
		{"a credential is refused", Cmd{Source: []string{"curl -u me:" + secret + " https://api.test/x"}}, echo{401}, []string{"401", "still good?"}, false},
		{"there is no credential", Cmd{Source: []string{"curl https://api.test/x"}}, echo{401}, []string{"401", "the request has no credential"}, false},
		{"a flag outside the line", Cmd{Source: []string{"curl", "https://api.test/x"}, Header: []string{"Authorization: Bearer " + secret}}, echo{200}, []string{"into quotes"}, true},
		{"a user outside the line", Cmd{Source: []string{"curl", "https://api.test/x"}, User: "me:" + secret}, echo{200}, []string{"into quotes"}, true},
		{"a login of OAuth", Cmd{Source: []string{"curl -d client_secret=abc https://api.test/token"}}, login, []string{"is a login", "access_token", "client.auth"}, true},
		{"a login with a session", Cmd{Source: []string{`curl --json '{"password":"abc"}' https://api.test/login`}}, body(`{"data":{"session":"` + secret + `"}}`), []string{"is a login", "session"}, true},
		{"PowerShell's own", Cmd{Source: []string{"Invoke-WebRequest -Headers @{Authorization='Bearer " + secret + "'} " + strings.Repeat("x", 300)}}, nil, []string{"PowerShell", "copy the request as cURL"}, true},
		{"JavaScript", Cmd{Source: []string{`fetch("https://api.test/x", {headers: {a: "` + secret + `"}})`}}, nil, []string{"JavaScript", "copy the request as cURL"}, true},
		{"a long word", Cmd{Source: []string{"crul " + secret + strings.Repeat("x", 300)}}, nil, []string{`"crul …" is neither a file`}, true},
		{"a PDF", Cmd{Source: []string{"doc.pdf"}}, nil, []string{"doc.pdf is a file of type application/pdf", "openapi"}, true},
		{"an empty file", Cmd{Source: []string{"empty.json"}}, nil, []string{"empty.json is empty"}, true},
		{"any JSON", Cmd{Source: []string{"some.json"}}, nil, []string{"some.json is JSON, and shows no sign"}, true},
		{"a page", Cmd{Source: []string{"page.html"}}, nil, []string{"page.html is a page of HTML"}, true},
		{"any text", Cmd{Source: []string{"notes.txt"}}, nil, []string{"notes.txt is a text"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := &survey{stop: t.Context(), calls: 8, ask: &asker{}, api: tt.api, headers: tt.init.Header, user: tt.init.User, say: func(string, ...any) {}}
			_, err := tt.init.read(in)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v, want %q in it", err, want)
				}
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("a secret stands in %v", err)
			}
			if _, unusable := errors.AsType[*tap.InputError](err); unusable != tt.unused {
				t.Errorf("the input is unusable: %v, want %v", unusable, tt.unused)
			}
		})
	}
}

// body is an API that answers everything with the same JSON.
type body string

func (b body) RoundTrip(r *http.Request) (*http.Response, error) {
	return constant{[]byte(b), ""}.RoundTrip(r)
}

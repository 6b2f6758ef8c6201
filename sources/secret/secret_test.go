package secret_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/tap-rest/tap-rest/sources/secret"
)

func secrets(texts ...string) secret.List {
	var s secret.List
	for i, text := range texts {
		s = append(s, secret.New(fmt.Sprintf("/%c", 'a'+i), text))
	}
	return s
}

func TestRedact(t *testing.T) {
	s := secret.NewHider(secrets("pass", "password/1", "abc", "ß in it"))
	for _, tt := range []struct{ name, text, want string }{
		{"as it is", "a password/1 here", "a *** here"},
		{"one begins another", "password/1 pass passport", "*** *** ***port"},
		{"in a query", "?q=password%2F1&r=%C3%9F+in+it", "?q=***&r=***"},
		{"in a path", "/password%2F1/%C3%9F%20in%20it", "/***/***"},
		{"too short to look for", "abc", "abc"},
		{"nothing", "", ""},
	} {
		if got := s.Redact(tt.text); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if in := s.In(tt.text); in != (tt.text != tt.want) {
			t.Errorf("%s: In = %v", tt.name, in)
		}
	}
}

// TestMarks holds what stands in states and journals for secrets, which later
// versions have to read.
func TestMarks(t *testing.T) {
	const text = `https://a.example/pass?token=password%2F1&raw=password/1&c=c%20%22d&j=c \"d&k=k1&b=credential/0`
	h := secret.NewHider(append(secrets("pass", "password/1", `c "d`), secret.New("/odd name:1}é", "k1"))).ForClient(secret.List{secret.New("auth.token", "credential/0")})
	sealed, ok := h.Seal(text)
	want := "https://a.example/{secret:/a}?token={secret-component:/b}&raw={secret:/b}&c={secret-component:/c}&j={secret-json:/c}&k={secret:/odd%20name%3A1%7D%C3%A9}&b={secret:auth.token}"
	if !ok || sealed != want {
		t.Errorf("Seal = %q, %v; want %q", sealed, ok, want)
	}
	for _, sealed := range []string{
		want, // numbered: secrets, then five more spellings of each, then three more
		"https://a.example/{secret:0}?token={secret-query:1}&raw={secret:1}&c={secret:15}&j={secret:18}&k={secret:3}&b={secret:4}",
		"https://a.example/{secret:0}?token={secret-query:33}&raw={secret:33}&c={secret-path:2}&j={secret:37}&k={secret:3}&b={secret:4}",
	} {
		if got, ok := h.Open(sealed); !ok || got != text {
			t.Errorf("%s is opened as %q, %v\nwant %q", sealed, got, ok, text)
		}
		if _, ok := h.Seal(sealed); ok {
			t.Error("a text that holds marks can be sealed")
		}
		if shown := secret.HideMarks(sealed); shown != "https://a.example/***?token=***&raw=***&c=***&j=***&k=***&b=***" {
			t.Errorf("shown as %q", shown)
		}
	}
	// With another secret before it, and another value, it is still found.
	other := secret.NewHider(append(secret.List{secret.New("/0", "new")}, secrets("PASS", "PASSWORD/1", `C "D`)...)).ForClient(nil)
	if got, ok := other.Open("{secret:/a} {secret-query:/b} {secret-json:/c}"); !ok || got != `PASS PASSWORD%2F1 C \"D` {
		t.Errorf("opened with others as %q, %v", got, ok)
	}
	if _, ok := other.Open("{secret:/d}"); ok {
		t.Error("the mark of a secret that is gone is opened")
	}
}

// TestSet proves that a secret may change while others read: the one before
// stays hidden, and what was sealed of either is opened as the new one.
func TestSet(t *testing.T) {
	run := secret.NewHider(secrets("pass"))
	h := run.ForClient(secret.List{secret.New("auth.session", "session-one")})
	before, _ := h.Seal("s=session-one")
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for range 200 {
				sealed, ok := h.Seal("a session-one b")
				if open, opened := h.Open(sealed); !ok || !opened || open != "a session-one b" && open != "a session/2 b" {
					t.Errorf("sealed as %q, opened as %q", sealed, open)
					return
				}
				if h.In("nothing") || h.Redact("a session-one b") != "a *** b" {
					t.Error("the first is not hidden")
					return
				}
			}
		})
	}
	h.Set("auth.session", "session/2")
	h.Set("auth.refresh", "r9")
	readers.Wait()
	if h.Get("auth.session") != "session/2" || h.Get("auth.refresh") != "r9" || h.Get("auth.none") != "" {
		t.Error("Get does not return what was set")
	}
	for _, hider := range []*secret.Hider{run, h} {
		if got := hider.Redact("session-one session%2f2 " + base64.StdEncoding.EncodeToString([]byte("session/2"))); got != "*** *** ***" {
			t.Errorf("redacted as %q", got)
		}
	}
	after, _ := h.Seal("s=session/2")
	if before != after || after != "s={secret:auth.session}" {
		t.Errorf("sealed as %q before and as %q after", before, after)
	}
	if open, ok := h.Open(before); !ok || open != "s=session/2" {
		t.Errorf("opened as %q", open)
	}
	if late, _ := h.Seal("s=session-one r=r9"); late != "s={secret:auth.session} r={secret:auth.refresh}" {
		t.Errorf("sealed later as %q", late)
	}
	one, _ := h.Digest("t=session-one", false)
	two, _ := h.Digest("t=session/2", false)
	if one != two {
		t.Errorf("digests of %q and %q", one, two)
	}
}

// TestKeep proves that what a login gave is put back by a run that has not logged in,
// stays hidden there and is found in requests, and that a run which has logged in puts
// its own in the place.
func TestKeep(t *testing.T) {
	given := secret.List{secret.New("/key", "given-key-0815")}
	first := secret.NewHider(nil).ForClient(given)
	first.Set("auth.send.0", "to/ken+0001")
	const said = `{"a":"to/ken+0001","b":"given-key-0815","c":"/x?t=to%2Fken%2B0001"}`
	kept, ok := first.Keep(said)
	if !ok || strings.Contains(kept, "0001") || strings.Contains(kept, "0815") {
		t.Fatalf("kept as %s", kept)
	}
	digest, _ := first.Digest("/x?t=to%2Fken%2B0001", false)

	next := secret.NewHider(nil).ForClient(given)
	if got, ok := next.Open(kept); !ok || got != said {
		t.Errorf("opened as %s", got)
	}
	if got := next.Redact("is to/ken+0001"); got != "is ***" {
		t.Errorf("shown as %s", got)
	}
	if got, _ := next.Digest("/x?t=to%2Fken%2B0001", false); got != digest {
		t.Errorf("the digest is of %s, want %s", got, digest)
	}
	sealed, _ := next.Seal("/x?t=to%2Fken%2B0001")
	if got, ok := next.Open(sealed); ok {
		t.Errorf("a position is opened as %s, without a login", got)
	}
	next.Set("auth.send.0", "to/ken+0002")
	for _, text := range []string{kept, sealed} {
		if got, ok := next.Open(text); !ok || strings.Contains(got, "0001") || !strings.Contains(got, "to%2Fken%2B0002") {
			t.Errorf("opened after a login as %s", got)
		}
	}

	other := secret.NewHider(nil).ForClient(secret.List{secret.New("/key", "another-key-0815")})
	if got, ok := other.Open(kept); ok {
		t.Errorf("opened with another key as %s", got)
	}
}

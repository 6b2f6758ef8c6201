package secret_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/secret"
)

// TestSealAndOpen proves that what is sealed holds no secret, and is the same
// again once it is opened; and that another secret is not opened as this one.
func TestSealAndOpen(t *testing.T) {
	const key = `pa ss/w+y"1`
	client := func(text string) *secret.Hider {
		return secret.NewHider(secrets("k", text)).ForClient(secret.List{secret.New("auth.token", "credential-"+text)})
	}
	h := client(key)
	h.Derive("{{ config.token | upper }}", strings.ToUpper(key))
	h.Literal("headers.X-Key", "literal-key-1")
	for _, tt := range []struct {
		text   string
		common bool // another secret fits in its place
	}{
		{key, true}, {url.QueryEscape(key), true}, {`pa ss\/w+y\"1`, true}, {"pa%20ss%2fw%2by%221", true}, {"credential-" + key, true},
		{strings.ToUpper(key), true}, {"literal-key-1", true},
		{"pa ss%2Fw+y%221", false}, {url.QueryEscape(url.QueryEscape(key)), false}, {base64.StdEncoding.EncodeToString([]byte(key)), false},
		{base64.StdEncoding.EncodeToString([]byte("user:" + key + "!")), false}, {"pa ss&#x2F;w+y&quot;1", false}, {"literal%2Dkey-1", false},
	} {
		text := "before " + tt.text + " k " + tt.text + " after"
		sealed, ok := h.Seal(text)
		if !ok || h.In(sealed) || strings.Contains(sealed, "ss") {
			t.Errorf("%q is sealed as %q, %v", text, sealed, ok)
		}
		if again, _ := h.Seal(text); again != sealed {
			t.Errorf("%q is sealed as %q and as %q", text, sealed, again)
		}
		if open, ok := h.Open(sealed); !ok || open != text {
			t.Errorf("%q is opened as %q, %v", text, open, ok)
		}
		if shown := secret.HideMarks(sealed); strings.Contains(shown, "secret") {
			t.Errorf("shown as %q", shown)
		}
		other := client("other")
		other.Derive("{{ config.token | upper }}", "OTHER-ONE")
		other.Literal("headers.X-Key", "literal-key-2")
		if open, ok := other.Open(sealed); ok != tt.common || ok && strings.Contains(open, "secret") {
			t.Errorf("%q is opened with another secret as %q, %v", text, open, ok)
		}
	}
	if _, ok := h.Seal("a {secret-text:x}"); ok {
		t.Error("a text that holds a mark can be sealed")
	}
	if _, ok := h.Open("a {secret-of:0123456789abcdef} {secret-text:AAAA} {secret:99}"); ok {
		t.Error("marks of nothing are opened")
	}
	var none *secret.Hider
	if text, ok := none.Seal("a"); text != "a" || !ok || none.In("a") || none.Redact("a") != "a" || none.Line("a") != "a" {
		t.Error("a nil Hider changes texts")
	}
}

// TestWords proves that a secret which is a word of the program's own hides
// nothing but what comes from outside.
func TestWords(t *testing.T) {
	h := secret.NewHider(secrets("settings", "2026", "s3cret-key"))
	for _, tt := range []struct{ got, want string }{
		{h.Line("other settings or secrets s3cret-key"), "other settings or secrets ***"},
		{h.Redact("other settings s3cret-key"), "other *** ***"},
		{h.Message(`settings: expected text, near ` + "`x settings`" + ` at https://a.example/settings, got "settings 2026" in 2026`), `settings: expected text, near ` + "`x ***`" + ` at https://a.example/***, got "*** ***" in 2026`},
		{h.Line("c2V0dGluZ3M= is base64"), "*** is base64"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

// TestCutSecrets proves that a secret which an excerpt cut in two does not stay
// half.
func TestCutSecrets(t *testing.T) {
	h := secret.NewHider(secrets("0123456789abcdef"))
	for _, tt := range []struct{ text, want string }{
		{"got \"x 0123456…", "got \"x ***…"}, {"near `9abcdef, x` at", "near `***, x` at"}, {"near `3456789abc` at", "near `***` at"}, {"near `012` …", "near `012` …"},
	} {
		if got := h.Redact(tt.text); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
		if got := h.Line(tt.text); got != tt.want {
			t.Errorf("Line: got %q, want %q", got, tt.want)
		}
	}
}

// TestDerived proves which texts that templates make are secrets.
func TestDerived(t *testing.T) {
	for _, tt := range []struct {
		source, text string
		want         bool
	}{
		{"{{ config.token | b64encode }}x", "something-else", true},
		{"{{ config.token[:8] }}", "s3cret-k", true},
		{"{{ config.token[:5] }}", "s3cre", false},
		{"{{ 'Bearer ' ~ config.token }}", "Bearer s3cret-key", false}, // the secret is known
		{"{{ 'public-text' if config.token else 'no' }}", "public-text", false},
		{"{{ config.token }}", "s3cret-key", false},
	} {
		h := secret.NewHider(secrets("s3cret-key")).ForClient(nil)
		h.Derive(tt.source, tt.text)
		if got := h.Redact("a "+tt.text+" b") == "a *** b"; got != tt.want && tt.text != "s3cret-key" {
			t.Errorf("%s makes %s: known %v, want %v", tt.source, tt.text, got, tt.want)
		}
	}
	run := secret.NewHider(secrets("s3cret-key"))
	h := run.ForClient(secrets("credential"))
	h.Derive("{{ config.token | lower }}", "derived-of-it")
	for i := range 40 {
		h.Pass("{{ config.token | hash }}", "signature-"+strings.Repeat("x", i))
	}
	if !run.In("derived-of-it") || !run.In("credential") {
		t.Error("the run does not know what a client learned")
	}
	if !h.In("signature-"+strings.Repeat("x", 39)+"y") || h.In("signature-") {
		t.Error("not the latest are known")
	}
}

// TestUsersInURLs proves that who knows no secrets hides users in URLs.
func TestUsersInURLs(t *testing.T) {
	var none *secret.Hider
	if got := none.Line("https://ann:pw@a.example/x http://127.0.0.1:80/?u=a@b"); got != "https://***@a.example/x http://127.0.0.1:80/?u=a@b" {
		t.Errorf("got %s", got)
	}
}

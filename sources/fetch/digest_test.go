package fetch_test

import (
	"encoding/hex"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// TestDigestsStay holds the digests by which journals of earlier versions know
// their requests: those versions sent + for a blank.
func TestDigestsStay(t *testing.T) {
	for _, tt := range []struct{ stream, sent, digest string }{
		{`path: /a, params: {filter: "a eq 'b c' + d", n: 1}`, "http://api.test/a?filter=a%20eq%20%27b%20c%27%20%2B%20d&n=1", "b0f5b97addd4c0d634b496cb9d5a82a4"},
		{`path: "/a?q=x+y%20z", params: {n: 1}`, "http://api.test/a?q=x+y%20z&n=1", "566308268e244f24094043d2c49bd641"},
		{`path: "/a?q=x+y%20z"`, "http://api.test/a?q=x+y%20z", "36d14491c569176e7cf79931dae758b6"},
		{`path: /a, method: POST, body: {form: {q: "x y"}}`, "http://api.test/a", "0852be20440eb99c3a0283411b8b1fcb"},
	} {
		s := define(t, "", tt.stream)[0]
		api := &script{answers: []answer{page(1, 0, "")}}
		w := newRig(t, s, api).walk(s, paging.Position{})
		j := openJournal(t, t.TempDir())
		rec := record(t, w, j)
		if got := drain(t, w); got.err != nil {
			t.Fatal(got.err)
		}
		_, digest, ok := j.Lookup(fetch.FirstKey(rec))
		if got := hex.EncodeToString(digest[:]); got != tt.digest || !ok {
			t.Errorf("%s: got digest %s (%v), want %s", tt.stream, got, ok, tt.digest)
		}
		if got := api.requests[0].URL.String(); got != tt.sent {
			t.Errorf("%s: got %s, want %s", tt.stream, got, tt.sent)
		}
	}
}

package tap_test

import (
	"bytes"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/testrig"
)

// TestSecretsInBookmarks proves that a bookmark which an answer gives is kept
// without the secrets in it, and sent with those of the day.
func TestSecretsInBookmarks(t *testing.T) {
	const tokenHead = "version: 1\nname: t\nsettings: {properties: {token: {type: string, secret: true}}}\nclient: {base_url: 'http://api.test'}\n"
	sent := ""
	api := transport(func(r *http.Request) (*http.Response, error) {
		sent = r.URL.Query().Get("since")
		token := r.Header.Get("X-Token")
		body := `{"data":[{"id":1}],"delta":"d1 ` + token + ` ` + base64.StdEncoding.EncodeToString([]byte("x"+token)) + `"}`
		return testrig.Answer(r, 200, body), nil
	})
	s := setup{head: tokenHead, config: `{"token":"s3cret-0123456789"}`, api: api, definition: `streams:
  - name: s
    path: /s
    headers: {X-Token: "{{ config.token }}"}
    params: {since: "{{ window.start }}"}
    records: data
    replication_key: id
    incremental: {bookmark: delta}
`}
	first := s.must(t)
	if state := first.state(); strings.Contains(state, "s3cret") || strings.Contains(state, "zM2NyZXQ") || !strings.Contains(state, "{secret:/token}") {
		t.Errorf("state %s", state)
	}
	s.state = first.state()
	s.must(t)
	if want := "d1 s3cret-0123456789 " + base64.StdEncoding.EncodeToString([]byte("xs3cret-0123456789")); sent != want {
		t.Errorf("sent %q, want %q", sent, want)
	}
	s.config = `{"token":"another-one"}`
	if r := s.run(t); r.err == nil || !strings.Contains(r.err.Error(), "no longer the ones in use") {
		t.Errorf("got %v", r.err)
	}
}

// TestWordsOfTheProgram proves that secrets which are words do not make its
// messages unreadable, and are taken out of what comes from outside.
func TestWordsOfTheProgram(t *testing.T) {
	s := setup{head: secretHead, definition: secretDefinition(), api: echoAPI{[]string{"answer"}},
		config: `{"token":"answer","seed":"records","password":"stream"}`}
	for what, output := range allOutputs(t, s) {
		for _, eaten := range []string{"the *** begins", "*** read", "the ***: ", "of the *** 200", "*** does not fit", "the *** has"} {
			if strings.Contains(output, eaten) {
				t.Errorf("the %s says %q", what, eaten)
			}
		}
		for _, leak := range []string{`bad key answer`, `got "answer`, `Forbidden: answer`, `k=answer`, `near "answer`, `a\":\"answer`} {
			if strings.Contains(output, leak) {
				t.Errorf("the %s says %s", what, leak)
			}
		}
		if what == "log" && !strings.Contains(output, "the answer begins") {
			t.Errorf("the log says %s", output)
		}
	}
}

// TestRecordsWithSecretsComeAgain proves that records leave as the API sent
// them, whatever secret they hold and however it is spelled, and come the same
// again from the journal, which has them sealed.
func TestRecordsWithSecretsComeAgain(t *testing.T) {
	secrets := theSecrets()
	names := slices.Sorted(maps.Keys(secrets))
	for i, how := range spelled {
		name := names[i%len(names)]
		text := how.write(secrets[name])
		s := setup{head: secretHead, config: secretConfig, api: echoAPI{[]string{text}}, workDir: memoryFolder(t),
			definition: "  - {name: in_record, path: /in_record, headers: {X-Stream: in_record, X-Made: \"{{ config.seed | upper }}\", X-Api-Key: lit-9d8c7b6a5f4e3d2c}}\n"}
		first := s.must(t).records("")
		want := `{"id":1,"a":"` + inJSON(text) + `"}`
		if len(first) != 1 || first[0] != want {
			t.Errorf("%s, %s: got %s, want %s", name, how.name, first, want)
		}
		var out, logged bytes.Buffer
		o := s.options(t, &out, &logged)
		o.Replay, o.Transport = true, nil
		if _, err := tap.Sync(t.Context(), o); err != nil {
			t.Errorf("%s, %s: replay: %v", name, how.name, err)
			continue
		}
		if again := testrig.ReadLines(t, out.Bytes()).Records(""); len(again) != 1 || again[0] != want {
			t.Errorf("%s, %s: came again as %s, want %s", name, how.name, again, want)
		}
	}
}

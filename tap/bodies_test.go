package tap_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/htmlindex"

	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/testrig"
)

// answering answers every request with a body.
func answering(body string) transport {
	return func(r *http.Request) (*http.Response, error) {
		return testrig.Answer(r, http.StatusOK, body), nil
	}
}

// written is a text as a charset writes it.
func written(t *testing.T, charset, text string) string {
	t.Helper()
	encoding, err := htmlindex.Get(charset)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := encoding.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// onePage is a stream of one page.
func onePage(keys string) string {
	return "streams:\n  - name: items\n    path: /items\n    records: data\n    primary_key: [id]\n    " + keys + "\n"
}

// TestText reads answers that are no UTF-8, or no JSON but for NaN, short and
// long ones, from the API and again from the journal.
func TestText(t *testing.T) {
	const plain = `{"id":1,"name":"Zoë \"NaN\" -Infinity"}`
	for _, tt := range []struct{ name, keys, charset, text, want, failure string }{
		{"UTF-8", "charset: utf-8", "", plain, plain, ""},
		{"Latin 1", "charset: latin1", "iso-8859-1", plain, plain, ""},
		{"as browsers have it", "charset: ISO-8859-1", "windows-1252", `{"id":1,"name":"€ “x”"}`, `{"id":1,"name":"€ “x”"}`, ""},
		{"UTF-16", "charset: utf-16", "utf-16le", plain, plain, ""},
		{"UTF-16, as its mark says", "charset: utf-16", "utf-16be", "\uFEFF" + plain, plain, ""},
		{"Shift JIS", "charset: shift_jis", "shift_jis", `{"id":1,"name":"東京 表示"}`, `{"id":1,"name":"東京 表示"}`, ""},
		{"another charset", "charset: shift_jis", "windows-1252", plain, "", "charset: shift_jis: the answer has bytes that are no text in it; write in charset what the API sends"},
		{"none said", "", "iso-8859-1", plain, "", "not UTF-8"},
		{"NaN", "nan: null", "", `{"id":1,"a":NaN,"b":[-Infinity, Infinity],"c":"\\\"NaN"}`, `{"id":1,"a":null,"b":[null, null],"c":"\\\"NaN"}`, ""},
		{"NaN in another charset", "nan: null\n    charset: utf-16", "utf-16le", `{"id":1,"a":NaN}`, `{"id":1,"a":null}`, ""},
		{"NaN, not asked for", "nan: fail", "", `{"id":1,"a":NaN}`, "", "no JSON, since it has NaN for a number; write nan: null"},
		{"no NaN", "nan: null", "", `{"id":1,"a":Nan}`, "", "not JSON"},
		{"minus alone", "nan: null", "", `{"id":1,"a":-1.5,"b":-}`, "", "not JSON"},
	} {
		long := tt.name == "Latin 1" || tt.name == "NaN in another charset" || tt.name == "another charset"
		for size, padding := range map[string]string{"short": "", "long": strings.Repeat(" ", body.Max)} {
			if size == "long" && !long {
				continue
			}
			t.Run(tt.name+", "+size, func(t *testing.T) {
				body := `{"data":[` + padding + tt.text + `]}`
				if tt.text[0] != '{' { // a mark stands first
					body = "\uFEFF" + `{"data":[` + padding + strings.TrimPrefix(tt.text, "\uFEFF") + `]}`
				}
				if tt.charset != "" {
					body = written(t, tt.charset, body)
				}
				s := setup{head: "version: 1\nname: t\nclient: {base_url: \"http://api.test\", retry: {attempts: 1, cool_downs: 0}}\n",
					definition: onePage(tt.keys), workDir: memoryFolder(t), api: answering(body)}
				r := s.run(t)
				if tt.failure != "" {
					if r.err == nil || !strings.Contains(r.err.Error(), tt.failure) {
						t.Errorf("got the error %v, want %q", r.err, tt.failure)
					}
					return
				}
				again, _ := s.replay(t)
				for from, r := range map[string]result{"API": r, "journal": again} {
					if got := r.records("items"); r.err != nil || !slices.Equal(got, []string{tt.want}) {
						t.Errorf("from the %s: got %s, %v, want %s", from, got, r.err, tt.want)
					}
				}
			})
		}
	}
}

// TestPartialContent: a 206 in rows is a page, and all only where its count says
// so.
func TestPartialContent(t *testing.T) {
	for contentRange, want := range map[string]string{
		"0-1/2": "complete", "items 0-1/2": "complete", "0-1/40": "complete?", "0-1/*": "complete?", "": "complete?",
	} {
		api := transport(func(r *http.Request) (*http.Response, error) {
			resp, err := answering(`{"data":[{"id":1},{"id":2}]}`)(r)
			resp.StatusCode = http.StatusPartialContent
			if contentRange != "" {
				resp.Header.Set("Content-Range", contentRange)
			}
			return resp, err
		})
		r := setup{definition: onePage("params: {a: b}"), api: api}.must(t)
		if line := strings.Split(r.account.String(), "\n")[1]; !strings.HasSuffix(line, "  "+want) {
			t.Errorf("Content-Range %q: got %s, want %s", contentRange, line, want)
		}
	}
}

// TestOneOrMany reads what stands without a list around it.
func TestOneOrMany(t *testing.T) {
	for body, want := range map[string][]string{
		`{"data":{"id":1}}`:            {`{"id":1}`},
		`{"data":[{"id":1},{"id":2}]}`: {`{"id":1}`, `{"id":2}`},
		`{"data":[]}`:                  nil,
	} {
		r := setup{definition: onePage("one_or_many: true"), api: answering(body)}.must(t)
		if got := r.records("items"); !slices.Equal(got, want) {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
	r := setup{definition: onePage("columns: [id, name]\n    short_rows: null"), api: answering(`{"data":[[1,"a"],[2]]}`)}.must(t)
	if got, want := r.records("items"), []string{`{"id":1,"name":"a"}`, `{"id":2,"name":null}`}; !slices.Equal(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestCookies: cookies that answers set are sent as long as a walk goes on, to
// the host that set them alone, and are kept nowhere.
func TestCookies(t *testing.T) {
	const definition = `streams:
  - {name: items, path: /items, records: data, pagination: {type: next_url, next: next}, allow_hosts: [other.test]}
`
	for _, kept := range []string{"true", "false"} {
		var sent []string
		api := transport(func(r *http.Request) (*http.Response, error) {
			sent = append(sent, r.URL.Host+": "+r.Header.Get("Cookie"))
			next := []string{`"/items?page=2"`, `"http://other.test/items?page=3"`, `"http://api.test/items?page=4"`, `null`}[len(sent)-1]
			resp, err := answering(fmt.Sprintf(`{"data":[{"id":%d}],"next":%s}`, len(sent), next))(r)
			if len(sent) == 1 {
				resp.Header.Add("Set-Cookie", "session=s3ssion; Domain=test; Path=/")
				resp.Header.Add("Set-Cookie", "gone=x; Max-Age=0")
			}
			return resp, err
		})
		s := setup{definition: strings.Replace(definition, "path:", "cookies: "+kept+", path:", 1), workDir: memoryFolder(t), api: api,
			head: "version: 1\nname: t\nclient: {base_url: \"http://api.test\", headers: {Cookie: a=b}}\n"}
		s.must(t)
		want := []string{"api.test: a=b", "api.test: a=b; session=s3ssion", "other.test: ", "api.test: a=b; session=s3ssion"}
		if kept == "false" {
			want = []string{"api.test: a=b", "api.test: a=b", "other.test: ", "api.test: a=b"}
		}
		if !slices.Equal(sent, want) {
			t.Errorf("cookies %s: got %q, want %q", kept, sent, want)
		}
		err := filepath.WalkDir(s.workDir, func(name string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(name)
			if strings.Contains(string(data), "s3ssion") {
				t.Errorf("%s holds the cookie", filepath.Base(name))
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

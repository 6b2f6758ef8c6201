package tap_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/certificate"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/testrig"
)

// certified is the certificate that a run wrote to its file.
func certified(t *testing.T, s *setup) (report.CertificateFile, result) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "proofs", "certificate.json")
	s.config = fmt.Sprintf(`{"run": {"certificate": %q, "concurrency": 2}}`, name)
	r := s.run(t)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("%v\n%s", err, r.log)
	}
	var f report.CertificateFile
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return f, r
}

// paged is an API whose pages are these bodies, by what the request says of page.
type paged map[string]string

func (p paged) RoundTrip(r *http.Request) (*http.Response, error) {
	body, ok := p[r.URL.Query().Get("page")]
	if !ok {
		body = `{"data":[]}`
	}
	return (&replies{answers: []endAnswer{{Status: 200, Body: json.RawMessage(body)}}}).RoundTrip(r)
}

// idRows is a body with records of these ids.
func idRows(more string, all ...int) string {
	var rows []string
	for _, id := range all {
		rows = append(rows, fmt.Sprintf(`{"id":%d}`, id))
	}
	return `{"data":[` + strings.Join(rows, ",") + `]` + more + `}`
}

// TestCertificates holds what a run says of its one walk against what the API did.
func TestCertificates(t *testing.T) {
	type want struct {
		verdict        certificate.Verdict
		by             paging.End
		pages, records int64
		distinct       int64
		held, says     string
	}
	for _, tt := range []struct {
		name, pagination string
		api              paged
		want             want
	}{
		{"an only answer", `{type: none}`, paged{"": idRows("", 3, 4)}, want{certificate.Proven, paging.EndSingle, 1, 2, 2, "[last_answer keys]", ""}},
		{"a cursor", `{type: cursor, next: next, param: page}`, paged{"": idRows(`,"next":"b"`, 3, 4), "b": idRows("", 5)},
			want{certificate.Proven, paging.EndNoNext, 2, 3, 3, "[last_answer keys]", ""}},
		{"a cursor with a total", `{type: cursor, next: next, param: page, total: total}`, paged{"": idRows(`,"next":"b","total":3`, 3, 4), "b": idRows(`,"total":3`, 5)},
			want{certificate.Proven, paging.EndNoNext, 2, 3, 3, "[total last_answer keys]", ""}},
		{"more is false", `{type: cursor, next: next, param: page, more: more}`, paged{"": idRows(`,"next":"b","more":true`, 3), "b": idRows(`,"next":"c","more":false`, 5)},
			want{certificate.Proven, paging.EndMore, 2, 2, 2, "[last_answer keys]", ""}},
		{"a total that does not fit", `{type: cursor, next: next, param: page, total: total}`, paged{"": idRows(`,"next":"b","total":9`, 3, 4), "b": idRows(`,"total":9`, 5)},
			want{"", "", 0, 0, 0, "", "pagination.total is 9, but the walk ends here with 3 records"}},
		{"the last answer says more", `{type: none}`, paged{"": idRows(`,"has_more":true`, 3)}, want{certificate.InDoubt, paging.EndSingle, 1, 1, 1, "[keys]", "has_more is true"}},
		{"keys that come twice, under a cursor", `{type: cursor, next: next, param: page, total: total}`,
			paged{"": idRows(`,"next":"b","total":4`, 3, 4), "b": idRows(`,"total":4`, 4, 5)},
			want{certificate.NotProven, paging.EndNoNext, 2, 4, 3, "[total last_answer]", "but 1 of them under a key that had come before: as many others may be missing"}},
		{"a capped size", `{type: page, param: page, size_param: limit, size: 100}`, paged{"1": idRows("", 1, 2), "2": idRows("", 3, 4)},
			want{certificate.NotProven, paging.EndEmpty, 3, 4, 4, "[last_answer keys]", "pagination.size asks for 100 records, and each page had 2: the API gives no more at a time"}},
		{"a full size", `{type: page, param: page, size_param: limit, size: 2}`, paged{"1": idRows("", 1, 2), "2": idRows("", 3, 4)},
			want{certificate.NotProven, paging.EndEmpty, 3, 4, 4, "[last_answer keys]", ""}},
		{"a last page that repeats", `{type: page, param: page, at_end: repeat}`, paged{"1": idRows("", 1, 2), "2": idRows("", 3), "3": idRows("", 3)},
			want{certificate.NotProven, paging.EndRepeat, 3, 3, 3, "[keys]", ""}},
		{"the number of pages", `{type: page, param: page, total_pages: pages}`, paged{"1": idRows(`,"pages":2`, 1, 2), "2": idRows(`,"pages":2`, 3)},
			want{certificate.NotProven, paging.EndPages, 2, 3, 3, "[total_pages last_answer keys]", ""}},
		{"a template", `{type: page, param: page, stop: "{{ page.records < 2 }}"}`, paged{"1": idRows("", 1, 2), "2": idRows("", 3)},
			want{certificate.NotProven, paging.EndStop, 2, 3, 3, "[last_answer keys]", ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := setup{api: tt.api, definition: `streams: [{name: x, path: /x, records: data, primary_key: [id], pagination: ` + tt.pagination + `, schema: {type: object}}]`}
			f, r := certified(t, &s)
			c := f.Streams[0]
			all := fmt.Sprint(c.Doubts, c.Signs, r.err)
			if !strings.Contains(all, tt.want.says) || tt.want.says == "" && len(c.Doubts)+len(c.Signs) > 0 {
				t.Errorf("it says %s, want %q", all, tt.want.says)
			}
			if tt.want.verdict == "" {
				if c.Walks != 0 || c.Failed != 1 || f.Complete || c.Status != "failed (permanent)" {
					t.Errorf("of a walk that failed: %+v", c)
				}
				return
			}
			w := c.Named[0]
			got := want{c.Verdict, paging.End(w.EndedBy), c.Pages, c.Records, *c.Keys.Distinct, fmt.Sprint(w.Held), tt.want.says}
			if got != tt.want || c.Walks != 1 || f.Complete != (c.Verdict != certificate.InDoubt) {
				t.Errorf("got  %+v\nwant %+v\nin %+v", got, tt.want, c)
			}
			if text := r.account.String(); !strings.Contains(text, report.CertificateText(&c)) {
				t.Errorf("the account does not say %q:\n%s", report.CertificateText(&c), text)
			}
			if !strings.Contains(r.log, `\"metric\": \"key_count\", \"value\": `+fmt.Sprint(tt.want.distinct)) {
				t.Errorf("no METRIC line has the keys:\n%s", r.log)
			}
		})
	}
}

// TestCertificateOfAResumedWalk: what an earlier run read counts as pages and records
// of the walk, and the keys are those from where this run went on.
func TestCertificateOfAResumedWalk(t *testing.T) {
	s := setup{workDir: memoryFolder(t), definition: `streams: [{name: x, path: /x, records: data, primary_key: [id], pagination: {type: cursor, next: next, param: page, total: total}, schema: {type: object}}]`,
		api: paged{"": idRows(`,"next":"b","total":5`, 1, 2), "b": idRows(`,"next":"c","total":5`, 3, 4), "c": idRows(`,"total":5`, 5)}}
	s.config = `{"run": {"max_requests": 2, "journal": {"off": true}}}`
	first := s.must(t)
	if c := first.account.Streams[0].Certificate; c.Walks != 0 || c.Verdict() != "" {
		t.Errorf("of a walk that goes on: %+v", c)
	}
	s.state = first.state()
	f, r := certified(t, &s)
	w := f.Streams[0].Named[0]
	const says = "x: proven complete: 3 pages, 5 records, 1 different key, counted from page 3 on: an earlier run read those before, of a total of 5;"
	if text := r.account.String(); !strings.Contains(text, says) {
		t.Errorf("the account does not say %q:\n%s", says, text)
	}
	if w.Pages != 3 || w.Records != 5 || w.FromPage != 3 || w.Keys.Records != 1 || fmt.Sprint(w.Held) != "[total last_answer]" || strings.Join(strings.Fields(string(w.Keys.First)), "") != `{"id":5}` {
		t.Errorf("got %+v", w)
	}
}

// TestCertificateOfManyPartitions: totals, and a line for those that are in doubt.
func TestCertificateOfManyPartitions(t *testing.T) {
	s := setup{definition: `streams: [{name: x, path: /x, records: data, primary_key: [id, shop], add: {shop: "{{ partition.shop }}"}, params: {page: "{{ partition.shop }}"},
  pagination: {type: none}, schema: {type: object}, partition_by: [{name: shop, values: [a, b, c]}]}]`,
		api: paged{"a": idRows("", 1, 2), "b": idRows(`,"has_more":true`, 1), "c": idRows("", 7, 7)}}
	f, r := certified(t, &s)
	c := f.Streams[0]
	if r.err != nil || c.Walks != 3 || c.Proven != 1 || c.NotProven != 1 || c.InDoubt != 1 || c.Records != 5 || c.Pages != 3 || *c.Keys.Distinct != 4 || *c.Keys.Doubled != 1 ||
		c.EndedBy["single"] != 3 || c.Held["keys"] != 2 || f.Complete || len(c.Doubts) != 1 || len(c.Signs) != 1 {
		t.Errorf("%v, got %+v", r.err, c)
	}
	if len(c.Named) != 1 || string(c.Named[0].Context) != "" && !strings.Contains(string(c.Named[0].Context), `"b"`) || string(c.Named[0].Keys.First) == "" {
		t.Errorf("named are %+v, want that of shop b", c.Named)
	}
}

// TestEmptyNow: a collection that is read whole and is empty all at once is
// doubted, once.
func TestEmptyNow(t *testing.T) {
	for _, keys := range []string{"pagination: {type: none}", `params: {page: "{{ partition.shop }}"}, partition_by: [{name: shop, values: [a, b]}]`} {
		s := setup{workDir: memoryFolder(t), definition: `streams: [{name: x, path: /x, records: data, primary_key: [id], schema: {type: object}, ` + keys + `}]`}
		full, empty := paged{"": idRows("", 1, 2), "a": idRows("", 1), "b": idRows("", 2)}, paged{}
		for i, run := range []struct {
			api     paged
			verdict certificate.Verdict
		}{{empty, certificate.Proven}, {full, certificate.Proven}, {empty, certificate.InDoubt}, {empty, certificate.Proven}, {full, certificate.Proven}} {
			s.api = run.api
			f, r := certified(t, &s)
			if r.err != nil || f.Streams[0].Verdict != run.verdict {
				t.Fatalf("%s, run %d: got %s of %+v, %v\n%s", keys, i+1, f.Streams[0].Verdict, f.Streams[0], r.err, r.log)
			}
			if told := strings.Contains(r.log, "and was 2 in the last finished pass"); told != (run.verdict == certificate.InDoubt) {
				t.Errorf("%s, run %d: told: %v\n%s", keys, i+1, told, r.log)
			}
			s.state = r.state()
		}
	}
	s := setup{workDir: memoryFolder(t), api: paged{"": idRows("", 1)}, definition: `streams: [{name: x, path: /x, records: data, on_incomplete: fail, schema: {type: object}}]`}
	s.must(t)
	s.api = paged{}
	if r := s.run(t); r.err == nil || !strings.Contains(r.err.Error()+r.log, "the number of records is 0, and was 1 in the last finished pass") {
		t.Errorf("with on_incomplete: fail: %v\n%s", r.err, r.log)
	}
}

// TestCertificateHidesSecrets: what is a secret stands neither as a key nor as a
// context in the certificate.
func TestCertificateHidesSecrets(t *testing.T) {
	const secret = "s3cr3t-of-the-shop"
	s := setup{
		head: strings.Replace(head, "start: {type: string}", "start: {type: string}\n    token: {type: string, secret: true}", 1),
		definition: `streams: [{name: x, path: /x, params: {of: "{{ partition.shop }}"}, records: data, primary_key: [id, shop], add: {shop: "{{ partition.shop }}"}, schema: {type: object},
  partition_by: [{name: shop, values: ["{{ config.token }}"]}]}]`,
		api: paged{"": idRows(`,"has_more":true`, 1)},
	}
	name := filepath.Join(t.TempDir(), "c.json")
	s.config = fmt.Sprintf(`{"token": %q, "run": {"certificate": %q}}`, secret, name)
	r := s.run(t)
	text, err := os.ReadFile(name)
	if err != nil || strings.Contains(string(text), secret) || !strings.Contains(string(text), "***") {
		t.Errorf("%v, %v: got %s", err, r.err, text)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
}

// TestCertificateCannotBeWritten: where the file cannot be written, the run says so
// before it asks for anything. Where that comes to be while it runs, all is read, and the
// run fails.
func TestCertificateCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	testrig.Write(t, file, `{"token": "x"}`)
	calls := 0
	s := setup{definition: `streams: [{name: x, path: /x, records: data, schema: {type: object}}]`}
	s.api = transport(func(r *http.Request) (*http.Response, error) {
		calls++
		if err := os.RemoveAll(filepath.Join(dir, "new")); err != nil {
			t.Error(err)
		}
		return testrig.Answer(r, 200, idRows("", 1)), os.WriteFile(filepath.Join(dir, "new"), nil, 0o600)
	})
	for name, want := range map[string]string{
		dir:                                 "it is a folder",
		filepath.Join(dir, "none") + "/":    "it is the name of a folder",
		filepath.Join(file, "proof.json"):   "not a directory",
		file:                                "is not replaced, so nothing was fetched: the file has something else in it",
		"/proc/no/such/folder/proof.json":   "no such file or directory",
		filepath.Join(dir, "new", "c.json"): "",
	} {
		s.config = fmt.Sprintf(`{"run": {"certificate": %q}}`, name)
		calls = 0
		r := s.run(t)
		var input *tap.InputError
		switch {
		case r.err == nil || !strings.Contains(r.err.Error(), "run.certificate: ") || !strings.Contains(r.err.Error(), want):
			t.Errorf("%s: %v, want %s", name, r.err, want)
		case want != "" && (calls > 0 || !errors.As(r.err, &input)):
			t.Errorf("%s: %d calls, %v", name, calls, r.err)
		case want == "" && (calls != 1 || errors.As(r.err, &input) || len(r.records("x")) != 1):
			t.Errorf("%s: %d calls, %d records, %v", name, calls, len(r.records("x")), r.err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*.new-*")); len(left) > 0 {
		t.Errorf("files are left: %v", left)
	}
}

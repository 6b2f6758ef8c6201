package fetch_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// TestStrangeAnswers: a whole answer of another kind than JSON is asked for once
// more, then fails for good, and is called what it is. One that may be cut JSON
// is asked for as often as the stream says.
func TestStrangeAnswers(t *testing.T) {
	for _, tt := range []struct {
		body, header string
		attempts     int
		want         string
	}{
		{"<!DOCTYPE html>\n<html><head><title>\n Sign in &amp; go </title>", "", 2, `the answer is an HTML page titled "Sign in & go" (2 attempts); such pages ask for a login`},
		{"\uFEFF<!-- x --><html lang=de>", "", 2, "the answer is an HTML page (2 attempts)"},
		{`<?xml version="1.0"?><!DOCTYPE html><html>`, "", 2, "an HTML page"},
		{"<HTML><TITLE>hunter2</TITLE>", "", 2, `titled "***"`},
		{`<?xml version="1.0"?><orders/>`, "", 2, "the answer is XML (2 attempts); write decode: xml"},
		{"", "", 2, "the answer is empty (2 attempts); where that means that there are no records, a rule can say so"},
		{" \r\n", "", 2, "the answer is empty"},
		{"id,name\n1,a\n2,b\n", "", 2, "looks like CSV (2 attempts); write decode: csv"},
		{"\"id\";\"name\"\r\n1;a\r\n", "", 2, "looks like CSV"},
		{"1\ta\n2\tb\n", "", 2, "looks like CSV"},
		{"id\n1\n", "text/csv; charset=utf-8", 2, "looks like CSV"},
		{"{\"id\":1}\n{\"id\":2}\n", "", 2, "the answer is one JSON text per line (NDJSON) (2 attempts); write decode: jsonl"},
		{"[1]\r\n[2", "", 2, "NDJSON"},
		{"not found", "", 2, "the answer is a text, but no JSON"},
		{"\x1f\x8b\x08\x00", "", 2, "does not say so (2 attempts); write unpack: [gzip]"},
		{"{\"data\":[{\"id\":1,\"name\":\"M\xfcller\"}]}", "", 2, "the answer is JSON, but not UTF-8 (2 attempts); say in which encoding it is"},
		{"{\"data\":[{\"id\":1,\"name\":\"M\xc3", "", 4, "(4 attempts)"},
		{"PK\x03\x04", "", 2, "packed with zip (first bytes \"PK\\x03\\x04\") (2 attempts); write unpack: [zip]"},
		{`{"data":[{"id":1},{"na`, "", 4, "(4 attempts)"},
		{`{"data":`, "text/html", 4, "(4 attempts)"},
		{`[{"a":"1,2"` + "\n" + `,"b":"3"`, "", 4, "(4 attempts)"},
		{`{"data":[]} {`, "", 4, "(4 attempts)"},
		{"nul", "", 4, "(4 attempts)"},
		{`"abc`, "", 4, "(4 attempts)"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := define(t, "retry: {attempts: 4}", cursorStream)[0]
			api := &script{answers: []answer{says(200, tt.body, "Content-Type", tt.header)}}
			start := time.Now()
			e := failure(t, newRig(t, s, api, "token", "hunter2").run(s, paging.Position{}).err)
			class := fetch.Permanent
			if tt.attempts > 2 {
				class = fetch.Transient
			}
			if e.Class != class || len(api.requests) != tt.attempts || !strings.Contains(e.Error(), tt.want) {
				t.Errorf("%q: got %v after %d requests: %v\nwant %v after %d: %s", tt.body, e.Class, len(api.requests), e, class, tt.attempts, tt.want)
			}
			if took := time.Since(start); tt.attempts == 2 && took > time.Second {
				t.Errorf("%q: it took %s", tt.body, took)
			}
		})
	}
}

// TestStrangeOnceIsNoEnd: a strange answer that comes once, between others, is
// an accident.
func TestStrangeOnceIsNoEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := define(t, "retry: {attempts: 5}", cursorStream)[0]
		html, down := says(200, "<html>"), says(503, "")
		api := &script{answers: []answer{html, down, html, down, page(1, 2, "")}}
		if got := newRig(t, s, api).run(s, paging.Position{}); got.err != nil || len(got.ids) != 2 {
			t.Errorf("got %v and %v", got.ids, got.err)
		}
	})
}

// TestStrangeAndLong: it is the same for an answer that does not fit into
// memory.
func TestStrangeAndLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := define(t, "retry: {attempts: 4}", cursorStream)[0]
		line := `{"id":1,"text":"` + strings.Repeat("x", 500) + "\"}\n"
		api := &script{answers: []answer{says(200, strings.Repeat(line, body.Max/len(line)+2))}}
		e := failure(t, newRig(t, s, api).run(s, paging.Position{}).err)
		if e.Class != fetch.Permanent || len(api.requests) != 2 || !strings.Contains(e.Error(), "NDJSON") {
			t.Errorf("got %v after %d requests: %v", e.Class, len(api.requests), e)
		}
	})
}

// TestNoSuchHost: a host that does not exist is asked for twice; one of which no
// name server answers, as often as the stream says.
func TestNoSuchHost(t *testing.T) {
	for _, tt := range []struct {
		err      net.DNSError
		attempts int
		class    fetch.Class
	}{
		{net.DNSError{Err: "no such host", Name: "api.test", IsNotFound: true}, 2, fetch.Permanent},
		{net.DNSError{Err: "server misbehaving", Name: "api.test", IsTemporary: true}, 4, fetch.Transient},
		{net.DNSError{Err: "i/o timeout", Name: "api.test", IsTimeout: true, IsTemporary: true}, 4, fetch.Transient},
		{net.DNSError{Err: "no such host", Name: "api.test", IsNotFound: true, IsTemporary: true}, 4, fetch.Transient},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := define(t, "retry: {attempts: 4}", cursorStream)[0]
			calls := 0
			api := transport(func(*http.Request) (*http.Response, error) {
				calls++
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &tt.err}
			})
			e := failure(t, newRig(t, s, api).run(s, paging.Position{}).err)
			if e.Class != tt.class || calls != tt.attempts || !strings.Contains(e.Error(), fmt.Sprintf("(%d attempts)", tt.attempts)) {
				t.Errorf("%v: got %v after %d calls: %v", tt.err.Err, e.Class, calls, e)
			}
			if tt.class == fetch.Permanent && !strings.Contains(e.Error(), "is base_url right?") {
				t.Errorf("no advice: %v", e)
			}
		})
	}
}

// TestHasty: where somebody waits for the answer, no request is made more than
// twice, the client does not rest, and a long wait is a failure.
func TestHasty(t *testing.T) {
	for _, tt := range []struct {
		answer answer
		calls  int
		most   time.Duration
	}{
		{says(503, ""), 2, time.Second},
		{says(503, "", "Retry-After", "30"), 2, 30 * time.Second},
		{says(503, "", "Retry-After", "1200"), 1, 0},
		{says(420, ""), 1, 0}, // a rule says cool_down
	} {
		synctest.Test(t, func(t *testing.T) {
			s := define(t, "errors: [{status: 420, do: cool_down}]", cursorStream)[0]
			api := &script{answers: []answer{tt.answer}}
			r := newRig(t, s, api)
			r.client.Hasty = true
			start := time.Now()
			e := failure(t, r.run(s, paging.Position{}).err)
			if took := time.Since(start); e.Class != fetch.Transient || len(api.requests) != tt.calls || took > tt.most {
				t.Errorf("%d: got %v after %d calls and %s", tt.answer.status, e, len(api.requests), took)
			}
		})
	}
}

// TestAttemptsInAll: the error counts those before a rest of the client, too.
func TestAttemptsInAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := define(t, "retry: {attempts: 2, cool_downs: 2}, errors: [{status: 420, do: cool_down}]", cursorStream)[0]
		api := &script{answers: []answer{says(420, "")}}
		e := failure(t, newRig(t, s, api).run(s, paging.Position{}).err)
		if len(api.requests) != 3 || !strings.Contains(e.Error(), "(3 attempts)") {
			t.Errorf("got %d requests and %v", len(api.requests), e)
		}
	})
}

package page

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/certificate"
	"github.com/tap-rest/tap-rest/tap/report"
)

// june is when the sample's run began.
var june = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

// hostile are texts that would be more than text, if anything took them for that. Each
// would set window.hacked.
var hostile = []string{
	`</script><script>hacked=1</script>`,
	`<img src=x onerror="hacked=1">`,
	`"><svg onload=hacked=1>`,
	`<!--<script>`,
	"a\u2028hacked=1\u2029b",
	"bad \xff\xfe utf-8 \xc3",
	"nul \x00 and \x1b[31m",
	`';hacked=1;'`,
	`javascript:hacked=1`,
	"\u202Egnp.exe",
	`{{hacked=1}} ${hacked=1}`,
	`\u003c/script\u003e\`,
	`__proto__`,
	`constructor`,
}

// sampleExchange is call n of a stream.
func sampleExchange(stream string, n int, at time.Time) *journal.Exchange {
	took := time.Duration(40+n*37%260) * time.Millisecond
	e := &journal.Exchange{
		Key: journal.Key{Pass: "p-" + stream, Partition: "0", N: n}, At: at.Add(took), Took: took, Status: 200, Attempts: 1, Records: 100,
		Request: fmt.Sprintf("GET https://api.example.com/v2/%s?limit=100&cursor=c%06d", stream, n),
		Header: http.Header{
			"Content-Type": {"application/json; charset=utf-8"}, "Date": {at.Format(http.TimeFormat)}, "X-Request-Id": {fmt.Sprintf("req-%s-%d", stream, n)},
			"X-Ratelimit-Limit": {"600"}, "X-Ratelimit-Remaining": {fmt.Sprint(600 - n%580)}, "Vary": {"Accept-Encoding"},
		},
		Body:  fmt.Appendf(nil, `{"data":[{"id":%d,"name":"Name %d","updated_at":"2025-05-30T08:00:00Z"},{"id":%d}],"next":"c%06d","text":"%s"}`, n, n, n+1, n+1, strings.Repeat("x", n*7919%5000)),
		Tries: []journal.Try{{Waited: time.Duration(n%5) * 12 * time.Millisecond, Took: took, Status: 200}},
	}
	return e
}

// sampleRun is a last run with each way to end.
func sampleRun() *report.LastRun {
	proof := func(stream string, v certificate.Verdict, by paging.End, pages, records int64) certificate.Record {
		return certificate.Record{
			Stream: stream, Verdict: v, Tally: certificate.Tally{Walks: 1, Proven: 1}, Pages: pages, Records: records, Total: &records,
			Keys: certificate.KeysRecord{Fields: []string{"id"}, Records: records, Distinct: &records, Doubled: new(int64)}, EndedBy: map[string]int64{string(by): 1},
			Named: []certificate.WalkRecord{{Partition: "0", Verdict: v, Pages: pages, FromPage: 1, Records: records, Total: &records, EndedBy: string(by), Held: []string{"total", "keys"},
				Keys: certificate.KeysRecord{Fields: []string{"id"}, Records: records, Distinct: &records, Doubled: new(int64)}}},
		}
	}
	doubtful := proof("refunds", certificate.InDoubt, paging.EndNoNext, 2, 200)
	doubtful.Total, doubtful.Doubts = nil, []string{`has_more is true in the last answer: name the key as pagination.more, or the next page as pagination.next`}
	shops := proof("shops", certificate.Proven, paging.EndSingle, 1, 3)
	shops.Total = nil
	return &report.LastRun{
		Version: 1, Program: "v0.9.0", Definition: "shop", Started: june, Seconds: 94.25, Flushes: 12,
		Streams: []report.StreamRun{
			{Stream: "shops", Status: "complete", Written: 3, Pages: 1, Paid: report.Paid{Requests: 1, Wire: 312}, Remarks: []string{}, Certificate: shops},
			{Stream: "orders", Status: "complete", Written: 28400, Pages: 284, Certificate: proof("orders", certificate.Proven, paging.EndNoNext, 284, 28400),
				Paid:       report.Paid{Requests: 231, Retries: 9, Waited: 41.2, Wire: 3_412_220, Saved: report.Saved{Calls: 96, Seconds: 15.4, Bytes: 1_220_400}},
				Remarks:    []string{"2 new fields: the schema grew by them", "3 records do not fit the schema and are in /home/ann/.local/state/tap-rest/shop/quarantine/orders.jsonl"},
				Schema:     report.SchemaChanges{Fields: 2, First: []report.Change{{Pointer: "/discount", Now: "number, null"}, {Pointer: "/lines/*/qty", Was: "integer", Now: "integer, string"}}},
				Quarantine: report.PutAside{File: "/home/ann/.local/state/tap-rest/shop/quarantine/orders.jsonl", Records: 3, First: []report.Misfit{{Pointer: "/total", Rule: "type", Want: "number", Record: `{"id":17,"total":"12,50","currency":"EUR"}`}, {Pointer: "/shop_id", Rule: "required", Want: "shop_id", Record: `{"id":18}`}}}},
			{Stream: "refunds", Status: "complete?", Written: 200, Pages: 2, Paid: report.Paid{Requests: 2, Wire: 20_400}, Remarks: []string{}, Certificate: doubtful},
			{Stream: "payouts", Status: "failed (permanent)", Paid: report.Paid{Requests: 3, Retries: 2, Waited: 3.1}, Remarks: []string{},
				Failure:     `GET https://api.example.com/v2/payouts?limit=100: answered 403: {"error":"the token has no right to payouts"}`,
				Certificate: certificate.Record{Stream: "payouts", EndedBy: map[string]int64{}}},
			{Stream: "events", Status: "unfinished", Written: 1200, Pages: 12, Paid: report.Paid{Requests: 12, Wire: 140_000}, Remarks: []string{}, Certificate: certificate.Record{Stream: "events", EndedBy: map[string]int64{}}},
		},
	}
}

// sample is a page of a run of some two minutes, with what goes wrong now and then.
func sample() *Page {
	p := New("v0.9.0", "", june.Add(time.Hour))
	p.Begin(Source{Folder: "/home/ann/.local/state/tap-rest/journal/shop-3f2a91", Last: sampleRun(), Passes: []Pass{{Pass: journal.Pass{ID: "p-orders", Stream: "orders", AsOf: june, Begun: june, Finished: true}}}})
	at := june
	for n := range 280 {
		e := sampleExchange("orders", n, at)
		switch {
		case n < 96:
			e.At = e.At.Add(-5 * time.Minute)
			e.Tries = nil // an older program kept them
		case n%31 == 0:
			e.Attempts, e.Tries = 3, []journal.Try{{Took: 1200 * time.Millisecond, Status: 503}, {Waited: 900 * time.Millisecond, Took: 30 * time.Millisecond}, {Waited: 2 * time.Second, Took: e.Took, Status: 200}}
		case n%47 == 0:
			e.Attempts, e.Tries = 2, []journal.Try{{Took: 20 * time.Millisecond, Status: 429}, {Waited: 5 * time.Second, Took: e.Took, Status: 200}}
		}
		at = at.Add(e.Took + 140*time.Millisecond)
		if n == 95 {
			at = june
		}
		p.Add(e, "orders")
	}
	for n := range 12 {
		p.Add(sampleExchange("events", n, june.Add(time.Duration(n)*7*time.Second)), "events")
	}
	for n := range 2 {
		p.Add(sampleExchange("refunds", n, june.Add(time.Duration(n)*time.Second)), "refunds")
	}
	zipped := sampleExchange("shops", 0, june)
	zipped.Request = "GET https://api.example.com/v2/shops?since=2025-06-01T12%3A00"
	zipped.Body, zipped.Header["Content-Type"] = []byte("PK\x03\x04\x00\x00binary"), []string{"application/zip"}
	p.Add(zipped, "shops")
	failed := sampleExchange("payouts", 0, june.Add(6*time.Second))
	failed.Status, failed.Attempts, failed.Records, failed.Body = 403, 3, 0, []byte(`{"error":"the token has no right to payouts"}`)
	failed.Tries = []journal.Try{{Took: 80 * time.Millisecond, Status: 500}, {Waited: time.Second, Took: 90 * time.Millisecond, Status: 500}, {Waited: 2100 * time.Millisecond, Took: failed.Took, Status: 403}}
	p.AddFailed(&journal.Failure{Exchange: *failed, Stream: "payouts", Why: `answered 403: {"error":"the token has no right to payouts"}`})
	return p
}

// hostilePage has the hostile texts everywhere that a stranger's text may stand.
func hostilePage() *Page {
	run := &report.LastRun{Version: 1, Started: june, Definition: hostile[0], Stopped: hostile[1], Program: hostile[2]}
	p := New(hostile[0], "", june)
	for _, text := range hostile {
		c := certificate.Record{Stream: text, Verdict: certificate.InDoubt, Tally: certificate.Tally{Walks: 1}, EndedBy: map[string]int64{text: 1}, Doubts: []string{text}, Signs: []string{text},
			Named: []certificate.WalkRecord{{Partition: text, Window: text, Verdict: certificate.Verdict(text), EndedBy: text, Held: []string{text}, Doubts: []string{text}, Unproven: text}}}
		run.Streams = append(run.Streams, report.StreamRun{
			Stream: text, Status: "complete?", Failure: text, Remarks: []string{text}, Certificate: c,
			Schema:     report.SchemaChanges{Fields: 1, First: []report.Change{{Pointer: text, Was: text, Now: text}}},
			Quarantine: report.PutAside{File: text, Records: 1, First: []report.Misfit{{Pointer: text, Rule: text, Want: text, Record: text}}},
		})
	}
	p.Begin(Source{Folder: hostile[0], Last: run})
	for n, text := range hostile {
		e := sampleExchange("x", n, june.Add(time.Duration(n)*time.Second))
		e.Request, e.Body = "GET https://api.example.com/"+text, []byte(text)
		e.Header = http.Header{"X-" + text: {text}, "Content-Type": {text}}
		p.Add(e, text)
		p.AddFailed(&journal.Failure{Exchange: *e, Stream: text, Why: text})
	}
	return p
}

// written is a page as it lies in a file.
func written(t testing.TB, p *Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

package fetch_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// TestPastTheTotal proves what becomes of the page that is asked for behind a
// total which was reached on a full page.
func TestPastTheTotal(t *testing.T) {
	const all = `,"total":4`
	for _, test := range []struct {
		name, keys string
		last       answer // to the third request
		requests   int
		doubts     int
		remarks    string
		records    int
	}{
		{"no records", "", page(1, 0, all), 3, 0, "", 4},
		{"not there", "", answer{status: 404, body: "<html>"}, 3, 0, "", 4},
		{"the last page again", "", page(3, 4, all), 3, 0, "", 4},
		{"refused: it may be a limit", "", answer{status: 400, body: `{}`}, 3, 1, "", 4},
		{"more records", "", page(5, 5, all), 3, 0, "it is no total", 5},
		{"more says that there are none", ", more: more", page(9, 9, all), 2, 0, "", 4},
	} {
		for _, kind := range []string{"page", "offset"} {
			s := define(t, "", fmt.Sprintf(`path: /x, pagination: {type: %s, param: %[1]s, total: total%s}`, kind, test.keys))[0]
			api := &script{answers: []answer{page(1, 2, all+`,"more":true`), page(3, 4, all+`,"more":false`), test.last, page(1, 0, all)}}
			var doubts, remarks []string
			r := newRig(t, s, api)
			w := r.walk(s, paging.Position{})
			records := 0
			for {
				p, err := w.Next(t.Context())
				if err != nil {
					if p == nil && !strings.Contains(err.Error(), "EOF") {
						t.Errorf("%s, %s: %v", test.name, kind, err)
					}
					break
				}
				records += p.Records.Len()
				for _, d := range p.Proof.Doubts {
					doubts = append(doubts, d.String())
				}
				for _, text := range p.Remarks {
					if strings.Contains(text, "total") {
						remarks = append(remarks, text)
					}
				}
			}
			if len(api.requests) != test.requests || len(doubts) != test.doubts || records != test.records || !strings.Contains(fmt.Sprint(remarks), test.remarks) {
				t.Errorf("%s, %s: got %d requests, %d records, doubts %v, remarks %v", test.name, kind, len(api.requests), records, doubts, remarks)
			}
		}
	}
}

// TestEndRule proves that do: end takes answers that are no JSON, and that a
// total which is not reached then is no end.
func TestEndRule(t *testing.T) {
	html := answer{status: 404, body: "<html>not found</html>", header: http.Header{"Content-Type": {"text/html"}}}
	for _, test := range []struct {
		name, rule string
		end        answer
		members    string
		fails      string
	}{
		{"a 404 in HTML", `{status: 404, do: end}`, html, "", ""},
		{"an empty 200", `{status: 200, when: "{{ response is undefined }}", do: end}`, answer{status: 200}, "", ""},
		{"a 204", `{status: 204, do: end}`, answer{status: 204}, "", ""},
		{"before the total", `{status: 404, do: end}`, html, `,"total":9`, "pagination.total is 9, but the walk ends here with 2 record"},
	} {
		s := define(t, "errors: ["+test.rule+"]", `path: /x, pagination: {type: page, param: p, total: total}`)[0]
		got := newRig(t, s, &script{answers: []answer{page(1, 2, test.members), test.end}}).run(s, paging.Position{})
		if test.fails == "" && (got.err != nil || len(got.ids) != 2 || !got.last.Last) || test.fails != "" && !strings.Contains(fmt.Sprint(got.err), test.fails) {
			t.Errorf("%s: got %d records and %v, want %q", test.name, len(got.ids), got.err, test.fails)
		}
	}
}

// TestNextWithoutJSON proves that an answer which is no JSON may be passed over
// where pages are counted, and that this has an end.
func TestNextWithoutJSON(t *testing.T) {
	for _, stream := range []string{`path: /x, pagination: {type: page, param: p}`, `path: /x, pagination: {type: offset, param: o, size: 2}`} {
		s := define(t, "errors: [{status: 418, do: next}]", stream)[0]
		teapot := answer{status: 418, body: "<html>I'm a teapot</html>"}
		got := newRig(t, s, &script{answers: []answer{page(1, 2, ""), teapot, page(5, 6, ""), page(1, 0, "")}}).run(s, paging.Position{})
		if got.err != nil || len(got.ids) != 4 {
			t.Errorf("%s: got %d records and %v, want 4", stream, len(got.ids), got.err)
		}
		got = newRig(t, s, &script{answers: []answer{page(1, 2, ""), teapot}}).run(s, paging.Position{})
		if !strings.Contains(fmt.Sprint(got.err), "say do: end") {
			t.Errorf("%s, for ever: got %v", stream, got.err)
		}
	}
}

// TestNoToken proves which values at pagination.next are none, and that text
// false is no yes.
func TestNoToken(t *testing.T) {
	for _, none := range []string{`null`, `false`, `""`, `[]`, `{}`, `"None"`, `"null"`, `"false"`} {
		s := define(t, "", `path: /x, pagination: {type: cursor, next: next, param: c}`)[0]
		api := &script{answers: []answer{page(1, 2, `,"next":"b"`), page(3, 4, `,"next":`+none), page(5, 6, "")}}
		if got := newRig(t, s, api).run(s, paging.Position{}); got.err != nil || len(got.ids) != 4 {
			t.Errorf("next %s: got %d records and %v, want 4", none, len(got.ids), got.err)
		}
	}
	for text, records := range map[string]int{`"False"`: 4, `"false"`: 4, `false`: 4, `"true"`: 2, `"no"`: 2, `"0"`: 2, `0`: 4} {
		s := define(t, "", `path: /x, pagination: {type: page, param: p, stop: "{{ response.last }}"}`)[0]
		api := &script{answers: []answer{page(1, 2, `,"last":`+text), page(3, 4, `,"last":true`)}}
		if got := newRig(t, s, api).run(s, paging.Position{}); got.err != nil || len(got.ids) != records {
			t.Errorf("last %s: got %d records and %v, want %d", text, len(got.ids), got.err, records)
		}
	}
}

// TestTotalCountsWhatIsLeft reads walks whose total counts down, with and
// without the page itself, of any size and from any page on.
func TestTotalCountsWhatIsLeft(t *testing.T) {
	for _, own := range []int{0, 1} { // whether it counts the page's own records
		for _, kind := range []string{"page", "offset"} {
			for rows := 4; rows <= 23; rows++ {
				const size = 3
				s := define(t, "", fmt.Sprintf(`path: /x, pagination: {type: %s, param: %[1]s, size: 3, total: left}`, kind))[0]
				api := transport(func(q *http.Request) (*http.Response, error) {
					from := 0
					_, _ = fmt.Sscan(q.URL.Query().Get(kind), &from)
					if kind == "page" {
						from = (from - 1) * size
					}
					to := min(from+size, rows)
					left := rows - to + own*max(0, to-from)
					return page(from+1, to, fmt.Sprintf(`,"left":%d`, max(0, left))).response(q), nil
				})
				whole := newRig(t, s, api).run(s, paging.Position{})
				if whole.err != nil || len(whole.ids) != rows || len(whole.last.Proof.Doubts) > 0 {
					t.Errorf("%s, own %d, %d rows: got %d and %v", kind, own, rows, len(whole.ids), whole.err)
				}
				for i, at := range whole.nexts {
					at, text := kept(t, at)
					if got := newRig(t, s, api).run(s, at); got.err != nil || len(got.ids) != rows-whole.upTo[i] {
						t.Errorf("%s, own %d, %d rows, from %s: got %d and %v", kind, own, rows, text, len(got.ids), got.err)
					}
				}
			}
		}
	}
}

// TestLongWalksAreTold proves that the log says of a walk without a primary key, at
// 10,000 pages and at each 100,000, that it goes on.
func TestLongWalksAreTold(t *testing.T) {
	s := define(t, "", `path: /x, pagination: {type: cursor, next: next, param: c}`)[0]
	for pages, want := range map[int64]int{99_998: 1, 99_997: 0, 199_998: 1, 9_998: 1, 19_998: 0} {
		r := newRig(t, s, &script{answers: []answer{page(1, 2, `,"next":"b"`), page(3, 4, `,"next":"c"`), page(5, 5, "")}})
		var logged bytes.Buffer
		r.client.Log = slog.New(slog.NewTextHandler(&logged, nil))
		got := r.run(s, paging.Position{Token: json.RawMessage(`"a"`), Pages: pages, Records: pages})
		if told := strings.Count(logged.String(), "the walk is very long"); got.err != nil || told != want {
			t.Errorf("from page %d: got %v, told %d times, want %d", pages, got.err, told, want)
		}
	}
}

// TestRefusedInTheBody: an answer without records that tells of an error is no
// end that anybody should trust, whatever its status.
func TestRefusedInTheBody(t *testing.T) {
	for body, key := range map[string]string{
		`{"data":[],"error":{"code":429}}`:                         "error",
		`{"data":null,"success":false,"message":"down"}`:           "success",
		`{"data":[],"ok":false,"error":"invalid_auth"}`:            "ok",
		`{"data":[],"errors":["x"]}`:                               "errors",
		`{"data":[],"errorCode":17}`:                               "errorCode",
		`{"data":[]}`:                                              "",
		`{"data":[],"error":null,"errors":[],"success":true}`:      "",
		`{"data":[],"error":"","errorCode":0,"errors":{}}`:         "",
		`{"data":[],"error":false,"ok":"true"}`:                    "",
		`{"data":[{"id":7}],"errors":["a warning of a field"]}`:    "",
		`{"data":[],"status":"error"}`:                             "status",
		`{"data":[],"code":503,"message":"down"}`:                  "code",
		`{"data":[],"status":"ok","code":200}`:                     "",
		`{"data":[],"error":{"code":0,"message":"","details":[]}}`: "",
		`{"data":[],"errors":[{"field":null,"text":"x"}]}`:         "errors",
		`{"data":[],"errorCode":"0000"}`:                           "",
		`{"data":[{"id":7}],"timed_out":true}`:                     "timed_out",
		`{"data":[{"id":7}],"_shards":{"total":5,"failed":2}}`:     "_shards.failed",
		`{"data":[{"id":7}],"incomplete_results":true}`:            "incomplete_results",
		`{"data":[{"id":7}],"_shards":{"total":5,"failed":0}}`:     "",
		`{"data":[{"id":7,"partial":true}],"partial":false}`:       "",
	} {
		s := define(t, "", pageStream)[0]
		got := newRig(t, s, &script{answers: []answer{page(1, 2, ""), says(200, body), page(9, 8, "")}}).run(s, paging.Position{})
		if got.err != nil {
			t.Errorf("%s: %v", body, got.err)
			continue
		}
		found := ""
		for _, d := range got.last.Proof.Doubts {
			found = d.Key
			break
		}
		if found != key {
			t.Errorf("%s: doubted by %q, want %q", body, found, key)
		}
	}
}

// TestFaultOnTheWay: an answer in the middle of a walk that tells of an error and has no
// records, or says that it lacks some, is no page like others, though it names the next
// one: the walk goes on, and its end is in doubt. What a rule takes for a page is told,
// and doubted no more.
func TestFaultOnTheWay(t *testing.T) {
	const taken = "takes it for a page"
	for _, tt := range []struct {
		name, rules, second string
		doubt               string // its key; "": none
		remark              string
	}{
		{"no records and an error", "", `{"data":[],"error":"throttled","next":"c"}`, "error", ""},
		{"null and no success", "", `{"data":null,"success":false,"next":"c"}`, "success", ""},
		{"fewer records than there are", "", `{"data":[{"id":7}],"timed_out":true,"next":"c"}`, "timed_out", ""},
		{"an error beside records", "", `{"data":[{"id":7}],"errors":["of a field"],"next":"c"}`, "", ""},
		{"no records", "", `{"data":[],"error":null,"next":"c"}`, "", ""},
		{"a rule that takes it", `errors: [{when: "{{ response.error }}", do: page}]`, `{"data":[],"error":"throttled","next":"c"}`, "", taken},
		{"a rule that passes it", `errors: [{when: "{{ response.error }}", do: next}]`, `{"data":[],"error":"throttled","next":"c"}`, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := define(t, tt.rules, `path: /x, records: data, pagination: {type: cursor, next: next, param: token}`)[0]
			got := newRig(t, s, &script{answers: []answer{
				says(200, `{"data":[{"id":1}],"next":"b"}`), says(200, tt.second), says(200, `{"data":[{"id":9}],"next":null}`),
			}}).run(s, paging.Position{})
			if got.err != nil || len(got.ids) < 2 {
				t.Fatalf("got %d records and %v, want the first and the last at least", len(got.ids), got.err)
			}
			keys := ""
			for _, d := range got.last.Proof.Doubts {
				if keys += d.Key; !strings.HasSuffix(d.Value, "token=b") {
					t.Errorf("%s does not say of which request that is", d)
				}
			}
			if keys != tt.doubt {
				t.Errorf("doubted by %q, want %q", keys, tt.doubt)
			}
			if text := strings.Join(got.remarks, "\n"); !strings.Contains(text, tt.remark) || tt.remark == "" && strings.Contains(text, taken) {
				t.Errorf("said %q, want %q", text, tt.remark)
			}
		})
	}
}

// TestSoundAnswers: what APIs say in the course of business beside their records, or in
// them, makes no end doubtful.
func TestSoundAnswers(t *testing.T) {
	const list, inside = `path: /x, records: data`, `path: /x, records: order.items`
	for _, tt := range []struct{ name, stream, body string }{
		{"a record that is partial", `path: /x, records: "@this", single: true`, `{"id":1,"partial":true,"incomplete":true}`},
		{"a record by itself", `path: /x, records: data, single: true`, `{"data":{"id":1,"partial":true,"timed_out":true}}`},
		{"what the records belong to", inside, `{"order":{"id":5,"status":"failed","items":[]}}`},
		{"what they belong to is partial", inside, `{"order":{"id":5,"partial":true,"items":[{"id":1}]}}`},
		{"a payment that failed has no refunds", `path: /x, records: refunds`, `{"id":"p1","status":"failed","refunds":[]}`},
		{"nothing found", list, `{"data":[],"code":404,"message":"no records found"}`},
		{"nothing found, as text", list, `{"data":[],"status":"404"}`},
		{"a SOAP client's fault that is none", list, `{"data":[],"Fault":null}`},
		{"all is well", list, `{"data":[],"status":"ok","code":200,"error_code":0,"errors":[],"success":"true"}`},
		{"all is well by a number", list, `{"data":[],"status":1,"statusCode":0,"errorMessage":"","message":"no more data"}`},
		{"all shards", `path: /x, records: hits.hits`, `{"timed_out":false,"_shards":{"total":5,"failed":0},"hits":{"total":{"value":1,"relation":"eq"},"hits":[{"id":1}]}}`},
		{"a product's code", list, `{"data":[{"id":1}],"code":"500","status":"failed"}`},
		{"whole", list, `{"data":[{"id":1,"partial":true}],"partial":false,"incomplete_results":false}`},
		{"a link to nothing", list, `{"data":[{"id":1}],"links":{"next":null,"prev":null}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := define(t, "", tt.stream)[0]
			got := newRig(t, s, &script{answers: []answer{says(200, tt.body)}}).run(s, paging.Position{})
			if got.err != nil || got.last == nil {
				t.Fatalf("the walk failed: %v", got.err)
			}
			for _, d := range got.last.Proof.Doubts {
				t.Errorf("doubted: %s", d)
			}
		})
	}
}

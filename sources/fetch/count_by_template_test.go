package fetch_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// pagesOf are so many pages of a walk, each with more beside its records.
func pagesOf(n int, header http.Header, more func(i int) string) (all []answer) {
	for i := range n {
		next := fmt.Sprintf(`,"next":"%d"`, i)
		if i == n-1 {
			next = ""
		}
		all = append(all, answer{200, fmt.Sprintf(`{"data":[{"id":%d}]%s%s}`, i, next, more(i)), header})
	}
	return all
}

// TestTemplateWithoutValue: where no answer has a value for a template that counts, one
// warning says so: for which stream and template, what the first answer has there, and
// what to write. Where a later answer has one, nothing is said.
func TestTemplateWithoutValue(t *testing.T) {
	const remaining = `rate_limit: {points: 1000, per: 1s, remaining: "{{ response.cost.lef }}"}, cost: 1`
	extensions := func(int) string { return `,"extensions":{"cost":{"actual":3,"max":9}}` }
	none := func(int) string { return "" }
	for _, tt := range []struct {
		name, client string
		more         func(int) string
		pages        int
		header       http.Header
		want         []string // "": no warning
	}{
		{"misspelt", `cost: "{{ response.extensions.cost.actuall }}"`, extensions, 5, nil, []string{
			"no answer says what it cost: the stream's requests count as free\"", "stream=s0", `request="GET http://api.test/x`, "answers=3",
			`came="response.extensions.cost has no actuall: it has actual, max"`, `write="cost: \"{{ response.extensions.cost.actual }}\""`}},
		{"one page", `cost: "{{ response.extensions.price }}"`, extensions, 1, nil, []string{
			"answers=1", `came="response.extensions has no price: it has cost"`, "or cost: 0 in the stream"}},
		{"points", `rate_limit: {points: 9, per: 1s}, cost: "{{ response.points.used }}"`, none, 2, nil, []string{
			"so that the points of rate_limit do not bound them", `came="response has no points: it has data, next"`}},
		{"a number in its place", `cost: "{{ response.n.cost }}"`, func(int) string { return `,"n":3` }, 2, nil, []string{
			`came="response.n is a number, and has no cost"`}},
		{"null", `cost: "{{ response.n }}"`, func(int) string { return `,"n":null` }, 2, nil, []string{`came="response.n is null"`}},
		{"a header", `cost: "{{ headers['x-credits-use'] }}"`, none, 2, http.Header{"X-Credits-Used": {"1"}}, []string{
			`came="headers has no x-credits-use: it has `, `{{ headers['x-credits-used'] }}`}},
		{"what is left", remaining, func(int) string { return `,"cost":{"left":7}` }, 4, nil, []string{
			"no answer says what is left of the limit", "answers=4", `rate_limit.remaining="{{ response.cost.lef }}"`, `{{ response.cost.left }}`}},
		{"some say it", `cost: "{{ response.extensions.cost.actual }}"`, func(i int) string {
			if i < 2 {
				return ""
			}
			return extensions(i)
		}, 5, nil, nil},
		{"all is said", remaining, func(int) string { return `,"cost":{"lef":7}` }, 4, nil, nil},
		{"a number", `cost: 5`, none, 5, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := define(t, tt.client, `path: /x, pagination: {type: cursor, next: next, param: c}`)[0]
				r := newRig(t, s, &script{answers: pagesOf(tt.pages, tt.header, tt.more)})
				if got := r.run(s, paging.Position{}); got.err != nil {
					t.Fatal(got.err)
				}
				r.client.Close()
				r.client.Close()
				log := r.log.String()
				if n := strings.Count(log, "level=WARN"); n != min(1, len(tt.want)) {
					t.Errorf("%d warnings: %s", n, log)
				}
				for _, want := range tt.want {
					if !strings.Contains(log, want) {
						t.Errorf("the log has no %s\n%s", want, log)
					}
				}
			})
		})
	}
}

// TestTemplateWithoutValueKeepsSecrets: what the warning says of the answer has no
// secret in it.
func TestTemplateWithoutValueKeepsSecrets(t *testing.T) {
	const token = "s3cr3t-token"
	s := define(t, `cost: "{{ response['s3cr3t-tokem'] }}"`, `path: /x`)[0]
	r := newRig(t, s, &script{answers: []answer{{200, `{"data":[],"` + token + `":1}`, nil}}}, "token", token)
	if got := r.run(s, paging.Position{}); got.err != nil {
		t.Fatal(got.err)
	}
	r.client.Close()
	if log := r.log.String(); strings.Contains(log, token) || !strings.Contains(log, "it has data, ***") {
		t.Error(log)
	}
}

// TestBudgetOfOtherAnswers: answers to requests that open a session, and those that a rule
// takes for nothing, need not say what they cost.
func TestBudgetOfOtherAnswers(t *testing.T) {
	s := define(t, `cost: "{{ response.price }}", errors: [{status: 404, do: skip}]`,
		`path: /x, pagination: {type: cursor, next: next, param: c, session: true, open: {path: /open}}`)[0]
	paid := pagesOf(2, nil, func(int) string { return `,"price":0.5` })
	api := &script{}
	for range 4 { // of one walk after the other
		api.answers = append(api.answers, answer{200, `{}`, nil}, answer{404, `{}`, nil})
	}
	api.answers = append(append(api.answers, answer{200, `{}`, nil}), paid...)
	r := newRig(t, s, api)
	o := r.client.Options
	o.MaxCost = 5 * sources.OneCost
	r.client = fetch.NewClient(s.Client, o, r.vars)
	for range 5 {
		if got := r.run(s, paging.Position{}); got.err != nil {
			t.Fatal(got.err)
		}
	}
	r.client.Close()
	if spent := sources.Cost(r.counters.Cost.Load()); spent != sources.OneCost || strings.Contains(r.log.String(), "WARN") {
		t.Errorf("spent %v: %s", spent, r.log.String())
	}
}

// TestBudgetThatCannotCount: in a run with max_cost, a stream whose answers never say
// what they cost fails after a few, by an error that says what to write; what came is
// not lost. Free answers, and a stream of few answers, do not.
func TestBudgetThatCannotCount(t *testing.T) {
	for _, tt := range []struct {
		name, cost string
		pages, ids int
		want       string // of the error
	}{
		{"misspelt", `"{{ response.pric }}"`, 9, 3,
			"run.max_cost is 5, and cost: {{ response.pric }} had no value in any of the 3 answers of the stream: response has no pric: it has data, next, price. What further requests cost would not be counted, so none is sent"},
		{"few", `"{{ response.pric }}"`, 3, 3, ""},
		{"said", `"{{ response.price }}"`, 9, 9, ""},
		{"free", `0`, 9, 9, ""},
		{"free by default", `"{{ response.pric | default(0) }}"`, 9, 9, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := define(t, "cost: "+tt.cost, `path: /x, pagination: {type: cursor, next: next, param: c}`)[0]
			api := &script{answers: pagesOf(tt.pages, nil, func(int) string { return `,"price":0.5` })}
			r := newRig(t, s, api)
			o := r.client.Options
			o.MaxCost = 5 * sources.OneCost
			r.client = fetch.NewClient(s.Client, o, r.vars)
			got := r.run(s, paging.Position{})
			if len(got.ids) != tt.ids || (got.err == nil) != (tt.want == "") {
				t.Fatalf("%d records, %v", len(got.ids), got.err)
			}
			if tt.want == "" {
				return
			}
			e := failure(t, got.err)
			if e.Class != fetch.Permanent || !strings.Contains(e.Error(), tt.want) || !strings.Contains(e.Advice, `write cost: "{{ response.price }}"; or leave run.max_cost out`) {
				t.Errorf("%s: %v; %s", e.Class, e, e.Advice)
			}
			if n := r.counters.Requests.Load(); n != 3 {
				t.Errorf("%d requests, want 3", n)
			}
			if n := r.counters.Unpriced.Load(); n != 3 {
				t.Errorf("%d answers without a cost, want 3", n)
			}
		})
	}
}

package page

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/fetch/recorded"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/certificate"
	"github.com/tap-rest/tap-rest/tap/report"
)

// dataOf is the data of a page and the parts of its details, as JSON has them.
func dataOf(t *testing.T, html string) (d data, parts []part) {
	t.Helper()
	blocks := regexp.MustCompile(`(?s)<script type="application/json" id="(\w+)">(.*?)</script>`).FindAllStringSubmatch(html, -1)
	for _, b := range blocks {
		if b[1] == "data" {
			if err := json.Unmarshal([]byte(b[2]), &d); err != nil {
				t.Fatal(err)
			}
			continue
		}
		var one part
		if err := json.Unmarshal([]byte(b[2]), &one); err != nil || b[1] != fmt.Sprint("part", len(parts)) {
			t.Fatalf("part %s: %v", b[1], err)
		}
		parts = append(parts, one)
	}
	return d, parts
}

// requestsOf are the requests of a page, made as page.js makes them.
func requestsOf(d data) (all []string) {
	before := map[int][]uint16{}
	for i, of := range d.Calls.Stream {
		text := append(slices.Clone(before[of][:d.Calls.Same[i]]), utf16.Encode([]rune(d.Calls.Request[i]))...)
		before[of] = text
		all = append(all, string(utf16.Decode(text)))
	}
	return all
}

// TestHostileTexts: whatever stands in a journal, the file has the elements of page.html
// and no other, runs page.js alone, loads nothing, and is UTF-8.
func TestHostileTexts(t *testing.T) {
	p := hostilePage()
	got := written(t, p)
	if !utf8.ValidString(got) {
		t.Error("the file is not UTF-8")
	}
	_, parts := dataOf(t, got)
	low := strings.ToLower(got)
	for _, c := range []struct {
		text string
		want int
	}{{"<script", 2 + len(parts)}, {"</script", 2 + len(parts)}, {"<!--", 0}, {"\u2028", 0}, {"\x00", 0}, {"<img", 0}, {"<svg", 0}, {"<style", 1}, {"<meta http-equiv", 1}} {
		if n := strings.Count(low, c.text); n != c.want {
			t.Errorf("%q stands there %d times, want %d", c.text, n, c.want)
		}
	}
	_, script, _ := strings.Cut(got, "<script>")
	script, _, _ = strings.Cut(script, "</script>")
	sum := sha256.Sum256([]byte(script))
	policy := `content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-` + base64.StdEncoding.EncodeToString(sum[:]) + `'; base-uri 'none'; form-action 'none'"`
	if at := strings.Index(got, policy); at < 0 || at > strings.Index(got, "<style>") {
		t.Errorf("the policy is not %s", policy)
	}
	if all := regexp.MustCompile(`(?:src|href|action)="[^#"]|url\(|@import`).FindAllString(html+style, -1); len(all) > 0 {
		t.Errorf("the page asks for %q", all)
	}
	d, _ := dataOf(t, got)
	for i, text := range requestsOf(d) {
		if want := strings.ToValidUTF8(p.calls[i].request, "\ufffd"); text != want {
			t.Errorf("request %d is %q, want %q", i, text, want)
		}
	}
}

// TestFileIsTheSame: line ends of a checkout change nothing of the file.
func TestFileIsTheSame(t *testing.T) {
	want := written(t, sample())
	defer func(h, c, j string) { html, style, script = h, c, j }(html, style, script)
	for _, text := range []*string{&html, &style, &script} {
		*text = strings.ReplaceAll(*text, "\n", "\r\n")
	}
	if got := written(t, sample()); got != want {
		t.Error("the file has other bytes with other line ends")
	}
}

// TestRequests: texts that share their beginnings come out whole.
func TestRequests(t *testing.T) {
	all := []string{"GET http://h/a?x=1", "GET http://h/a?x=12", "GET http://h/é", "GET http://h/è", "GET http://h/\U0001F600b", "GET http://h/\U0001F601b", "", "GET http://h/\U0001F601b", "GET http://h/\U0001F601"}
	p := New("", "", june)
	p.Begin(Source{})
	for i, text := range all {
		p.Add(&journal.Exchange{At: june.Add(time.Duration(i) * time.Second), Request: text}, "x")
	}
	d, _ := dataOf(t, written(t, p))
	if got := requestsOf(d); !slices.Equal(got, all) {
		t.Errorf("got  %q\nwant %q", got, all)
	}
}

// TestMostCalls: of more calls than a page has, the latest ones stay, and it says how many
// are left out.
func TestMostCalls(t *testing.T) {
	p := New("", "", june)
	p.most = 10
	p.Begin(Source{})
	for n := range 57 {
		p.Add(sampleExchange("x", n, june.Add(time.Duration(n)*time.Minute)), "x")
	}
	if streams, calls := p.Size(); streams != 1 || calls != 10 {
		t.Errorf("%d streams and %d calls, want 1 and 10", streams, calls)
	}
	d, parts := dataOf(t, written(t, p))
	all := requestsOf(d)
	if len(all) != 10 || d.LeftOut != 47 || !strings.HasSuffix(all[0], "c000047") || !strings.HasSuffix(all[9], "c000056") || len(parts[0].Body) != 10 {
		t.Errorf("%d are left out, and there are %q", d.LeftOut, all)
	}
}

// TestBeginnings: what is kept of answers is bounded, however many and long they are.
func TestBeginnings(t *testing.T) {
	p := New("", "", june)
	p.bodies.most = 64 << 10
	p.Begin(Source{})
	sizes := []int{}
	for n := range 900 {
		e := sampleExchange("x", n, june.Add(time.Duration(n)*time.Second))
		e.Body = []byte(strings.Repeat("é", 3000))
		p.Add(e, "x")
		all := 0
		for i := range p.calls {
			all += len(p.calls[i].body)
		}
		if all > p.bodies.most+longestBeginning || all != p.bodies.held {
			t.Fatalf("after %d answers %d bytes are kept, and %d counted; want at most %d", n+1, all, p.bodies.held, p.bodies.most)
		}
		sizes = append(sizes, len(p.calls[n].body))
	}
	if sizes[0] != longestBeginning || sizes[899] != shortestBeginning || !utf8.ValidString(p.calls[0].body) || p.calls[0].note != "the first bytes of 6000" {
		t.Errorf("the first had %d bytes, the last %d; the note is %q", sizes[0], sizes[899], p.calls[0].note)
	}
}

func TestCalls(t *testing.T) {
	plain := func(change func(*journal.Exchange)) *journal.Exchange {
		e := &journal.Exchange{At: june.Add(10 * time.Second), Took: time.Second, Status: 200, Attempts: 1, Header: http.Header{}, Request: "GET http://h/x", Body: []byte("{}")}
		change(e)
		return e
	}
	tests := []struct {
		name string
		e    *journal.Exchange
		want func(c *call) bool
	}{
		{"attempts that were not recorded", plain(func(e *journal.Exchange) { e.Attempts = 3 }),
			func(c *call) bool {
				return c.waited < 0 && c.whole == time.Second && c.tries == nil && c.start == june.Add(9*time.Second).UnixMilli()
			}},
		{"one attempt", plain(func(e *journal.Exchange) {
			e.Tries = []journal.Try{{Waited: 2 * time.Second, Took: time.Second, Status: 200}}
		}),
			func(c *call) bool {
				return c.waited == 2*time.Second && c.whole == 3*time.Second && c.tries == nil && c.start == june.Add(7*time.Second).UnixMilli()
			}},
		{"several attempts", plain(func(e *journal.Exchange) {
			e.Tries = []journal.Try{{Took: time.Second, Status: 503}, {Waited: 2 * time.Second, Took: time.Second, Status: 200}}
		}),
			func(c *call) bool { return c.waited == 2*time.Second && c.whole == 4*time.Second && len(c.tries) == 2 }},
		{"a body that is no text", plain(func(e *journal.Exchange) { e.Body = []byte("PK\x03\x04\x00") }),
			func(c *call) bool { return c.body == "50 4b 03 04 00" && strings.Contains(c.note, "hexadecimal") }},
		{"bytes that are not UTF-8", plain(func(e *journal.Exchange) { e.Body = []byte("caf\xe9 au lait") }),
			func(c *call) bool { return strings.HasPrefix(c.body, "63 61 66 e9") }},
		{"a body that cannot be decoded", plain(func(e *journal.Exchange) { e.Header.Set("Content-Encoding", "gzip") }),
			func(c *call) bool { return c.body == "{}" && strings.Contains(c.note, "decode") }},
		{"secrets", plain(func(e *journal.Exchange) {
			e.Header = http.Header{recorded.SealedHeader: {"1"}, "X-Echo": {"{secret:/token}"}}
			e.Body = []byte(`{"token":"{secret:/token}"}`)
		}),
			func(c *call) bool {
				return c.body == `{"token":"***"}` && slices.Equal(c.headers, []string{"X-Echo: ***"})
			}},
		{"a redirect", plain(func(e *journal.Exchange) { e.Header.Set(recorded.URLHeader, "http://h/y") }),
			func(c *call) bool { return slices.Equal(c.headers, []string{"(answered by) http://h/y"}) }},
		{"too many headers", plain(func(e *journal.Exchange) {
			for n := range 100 {
				e.Header.Add(fmt.Sprint("X-", n), strings.Repeat("v", 5000))
			}
		}),
			func(c *call) bool { return len(c.headers) == mostHeaders+1 && len(c.headers[0]) < 2*longestHeader }},
		{"what is left of two limits", plain(func(e *journal.Exchange) {
			e.Header = http.Header{"Ratelimit": {`"minute";r=30;t=7, "day";r=90;t=900`}, "X-Ratelimit-Limit": {"200"}, "X-Ratelimit-Remaining": {"50"}}
		}),
			func(c *call) bool { return c.room.left == 250 }},
		{"what is left of an unknown limit", plain(func(e *journal.Exchange) { e.Header.Set("X-Ratelimit-Remaining", "50") }),
			func(c *call) bool { return c.room.left == -1 && c.room.some == 50 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCall(tt.e, 0, "", &beginnings{limit: longestBeginning, most: mostBeginnings})
			if !tt.want(&c) {
				t.Errorf("got %+v", c)
			}
		})
	}
}

// TestStreams: the account counts where there is one, else what the journal says of the
// pass; --stream leaves all others out.
func TestStreams(t *testing.T) {
	proven := &certificate.Record{Stream: "x", Verdict: certificate.Proven, Tally: certificate.Tally{Walks: 1}, Pages: 7, EndedBy: map[string]int64{"no_next": 1}}
	pass := Pass{Pass: journal.Pass{ID: "1", Stream: "x", AsOf: june, Begun: june, Finished: true}, Certificate: proven}
	feed := Pass{Pass: journal.Pass{ID: "2", Stream: "x", AsOf: june, Begun: june, Finished: true}, Feed: true}
	run := &report.LastRun{Started: june, Seconds: 10, Streams: []report.StreamRun{
		{Stream: "x", Status: "complete", Feed: true}, {Stream: "x", Status: "unfinished", Written: 5}, {Stream: "y", Status: "complete"},
	}}
	tests := []struct {
		name, only string
		last       *report.LastRun
		want       string
	}{
		{"a journal alone", "", nil, "x finished proven 3, x for its children finished 2"},
		{"with an account", "", run, "x for its children finished complete 2, x finished unfinished 3, y complete 0"},
		{"one stream", "y", run, "y complete 0"},
		{"one that is read twice", "x", run, "x for its children finished complete 2, x finished unfinished 3"},
		{"a stream that is not there", "z", run, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := New("", tt.only, june)
			p.Begin(Source{Last: tt.last, Passes: []Pass{pass, feed}})
			p.Add(&journal.Exchange{At: june.Add(-time.Hour)}, "x")
			p.Add(&journal.Exchange{At: june.Add(time.Second)}, "x")
			p.Add(&journal.Exchange{At: june.Add(time.Hour)}, "x")
			p.Add(&journal.Exchange{Key: journal.Key{Pass: "2"}, At: june.Add(time.Second)}, "x")
			p.AddFailed(&journal.Failure{Exchange: journal.Exchange{Key: journal.Key{Pass: "2"}, At: june.Add(time.Second)}, Stream: "x"})
			calls := map[int]int{}
			for _, c := range p.calls {
				calls[c.stream]++
			}
			var all []string
			for i, s := range p.streams {
				words := []string{s.Name}
				if s.Feed {
					words = append(words, "for its children")
				}
				words = append(words, s.Pass)
				if s.Run != nil {
					words = append(words, s.Run.Status)
				}
				all = append(all, strings.Join(strings.Fields(strings.Join(append(words, s.Verdict, fmt.Sprint(calls[i])), " ")), " "))
			}
			if n, _ := p.Size(); tt.last != nil && tt.only == "" && n != 2 {
				t.Errorf("%d streams, want 2", n)
			}
			if got := strings.Join(all, ", "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if tt.last != nil && tt.only == "" && (p.calls[0].made != madeBefore || p.calls[1].made != madeByRun || p.calls[2].made != madeLater || p.sources[0].Later != 1) {
				t.Errorf("the calls were made %d, %d, %d; want before, by the run, later", p.calls[0].made, p.calls[1].made, p.calls[2].made)
			}
		})
	}
}

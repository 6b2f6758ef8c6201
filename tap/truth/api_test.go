package truth_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// api answers for a world, and keeps a log.
type api struct {
	world  *world
	faults int // of a hundred requests

	mu       sync.Mutex
	sessions map[string]*heldSession // that are open
	opened   int
	unclosed int            // requests to close one that nobody answered
	requests int            // of this run
	asked    map[string]int // how often each URL was
	paid     map[string]int // how often it was answered to the end
	at       func(n int)    // called at the nth request of a run; nil: nothing
	refused  bool           // something, in this run
	same     int            // answers that say that nothing has changed
	dead     bool           // the run was killed: nothing is answered or counted
}

var errDead = errors.New("the run is dead")

// begin begins a run.
func (a *api) begin(at func(n int)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests, a.at, a.dead, a.refused = 0, at, false, false
}

// forgive forgets what was paid for: what comes may be asked for again.
func (a *api) forgive() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.paid = map[string]int{}
}

// again is how many answers were paid for again.
func (a *api) again() (n int, one string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for url, times := range a.paid {
		if times > 1 {
			n, one = n+times-1, url
		}
	}
	return n, one
}

func (a *api) RoundTrip(r *http.Request) (*http.Response, error) {
	draw, err := a.arrive(r.URL.String())
	if err != nil {
		return nil, err
	}
	select {
	case <-time.After(time.Duration(10+draw%300) * time.Millisecond):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return a.answer(r, int(draw>>32)%100)
}

// arrive counts a request, and draws for it: the same for the same request.
func (a *api) arrive(url string) (draw uint64, err error) {
	a.mu.Lock()
	a.requests++
	n, at := a.requests, a.at
	a.asked[url]++
	hash := fnv.New64a()
	fmt.Fprint(hash, url, a.asked[url])
	a.mu.Unlock()
	if at != nil {
		at(n)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.dead {
		return 0, errDead
	}
	return hash.Sum64(), nil
}

// answer is what comes of a request, or what goes wrong with it: draw is below a
// hundred.
func (a *api) answer(r *http.Request, draw int) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.dead {
		return nil, errDead
	}
	if draw < a.faults && strings.HasSuffix(r.URL.Path, "/_close") {
		a.unclosed++
	}
	if draw < a.faults && draw%3 == 0 {
		return nil, syscall.ECONNRESET
	}
	a.world.advance()
	status, text, came, kept := a.keep(r.URL)
	var tag string
	if !kept {
		status, text, tag = a.page(r.URL)
	}
	if tag != "" && r.Header.Get("If-None-Match") == tag {
		a.same++
		status, text = http.StatusNotModified, nil
	}
	a.refused = a.refused || status >= 400 && status < 500
	if draw < a.faults && draw%3 == 1 {
		status, text = 503, []byte(`{}`)
	}
	b := &answered{api: a, url: r.URL.String(), Reader: bytes.NewReader(text), good: status == 200, back: a.moves(r.URL), came: came}
	if draw < a.faults && draw%3 == 2 {
		b.Reader, b.good, b.torn = bytes.NewReader(text[:len(text)/2]), false, true
	}
	header := http.Header{"Content-Type": {"application/json"}, "Date": {a.world.now().UTC().Format(http.TimeFormat)}}
	if tag != "" {
		header.Set("ETag", tag)
	}
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r, Body: b, ContentLength: int64(len(text)), Header: header,
	}, nil
}

// answered is a body that is paid for when it was read to its end.
type answered struct {
	*bytes.Reader
	api  *api
	url  string
	good bool
	torn bool // it ends too early
	back bool // the walk may ask again, where rows moved
	came func()
	once sync.Once
}

func (b *answered) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		if b.torn {
			return n, io.ErrUnexpectedEOF
		}
		b.once.Do(b.pay)
	}
	return n, err
}

func (b *answered) pay() {
	b.api.mu.Lock()
	defer b.api.mu.Unlock()
	if b.came != nil && b.good && !b.api.dead {
		b.came()
	}
	if b.good && !b.api.dead && !b.back {
		b.api.paid[b.url]++
	}
}

func (b *answered) Close() error { return nil }

// page is the answer to a request, and what it says of itself.
func (a *api) page(u *url.URL) (status int, text []byte, tag string) {
	for _, t := range a.world.tables {
		if u.Path == "/"+t.name {
			status, text = t.page(u.Query())
			return status, text, t.tag(status, text)
		}
	}
	return 404, []byte(`{"error":"not found"}`), ""
}

// moves reports whether a request is for pages that rows move between.
func (a *api) moves(u *url.URL) bool {
	for _, t := range a.world.tables {
		if u.Path == "/"+t.name {
			return t.moves() || t.feeds || t.inBatches() || t.restarts || t.tags || t.session == "scroll" // fed tables are read by themselves, and for their children
		}
	}
	return true // what opens and closes sessions
}

// page is the answer to a request for a table's rows.
func (t *table) page(q url.Values) (status int, text []byte) {
	if status := t.refuses(q); status != 0 {
		return status, []byte(`{"error":"no"}`)
	}
	all, err := t.asked(q)
	limit, err2 := strconv.Atoi(q.Get("limit"))
	if err = cmp.Or(err, err2); err != nil {
		return 400, fmt.Appendf(nil, `{"error":%q}`, err)
	}
	if err := t.checkWhole(q); err != nil {
		return 400, fmt.Appendf(nil, `{"error":%q}`, err)
	}
	total := len(all)
	all = t.behind(all, q)
	var next string
	if len(all) > limit {
		all = all[:limit]
		last := all[limit-1]
		next = fmt.Sprintf("%d/%d", last.last().stamp.UnixNano(), last.id)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"total":%d,"pages":%d,"next":%q,%s,"data":[`, total, (total+limit-1)/limit, next, t.named(next))
	for i, r := range all {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(r.last().text)
	}
	b.WriteString("]}")
	return 200, b.Bytes()
}

// asked are the rows that a request asks for, in order.
func (t *table) asked(q url.Values) (all []*row, err error) {
	var from, to time.Time
	if text := q.Get("from"); text != "" {
		if from, err = t.read(text); err != nil {
			return nil, err
		}
	}
	if text := q.Get("to"); text != "" {
		if to, err = t.read(text); err != nil {
			return nil, err
		}
		if t.upTo && t.format == "date" {
			to = t.day(to.Date())
			to = t.day(to.Year(), to.Month(), to.Day()+1)
		}
	}
	for _, r := range t.rows {
		if !r.gone && r.isOf(q) && t.inside(r.last().stamp, from, to) {
			all = append(all, r)
		}
	}
	if t.paging == "cursor" {
		slices.SortStableFunc(all, func(a, b *row) int { return a.last().stamp.Compare(b.last().stamp) })
	}
	return all, nil
}

// inside reports whether a time is in a range, as the API sees it.
func (t *table) inside(at, from, to time.Time) bool {
	switch {
	case at.Before(from), t.after && at.Equal(from):
		return false
	case to.IsZero(), at.Before(to):
		return true
	}
	return t.upTo && t.format != "date" && at.Equal(to)
}

// behind are the rows from where a request asks for them.
func (t *table) behind(all []*row, q url.Values) []*row {
	number := func(name string) int {
		n, _ := strconv.Atoi(q.Get(name))
		return n
	}
	switch t.paging {
	case "keyset", "scroll":
		after := number("after")
		return slices.DeleteFunc(all, func(r *row) bool { return r.id <= after })
	case "cursor":
		stamp, id, found := strings.Cut(q.Get("cursor"), "/")
		if !found {
			return all
		}
		if t.compound > 0 && q.Get("key") != "k" {
			panic("a member of the token was not sent: " + q.Encode())
		}
		at, _ := strconv.ParseInt(stamp, 10, 64)
		after, _ := strconv.Atoi(id)
		return slices.DeleteFunc(all, func(r *row) bool {
			return cmp.Or(cmp.Compare(r.last().stamp.UnixNano(), at), cmp.Compare(r.id, after)) <= 0
		})
	case "page":
		return all[min(len(all), max(0, number("page")-1)*number("limit")):]
	}
	return all[min(len(all), number("offset")):]
}

package fetch_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// shifting is an API over a list of rows that changes between requests. Below
// /page and /offset its pages are counted, below /hidden too, by tokens that
// hide it, and below /key they go by the rows' stamps, in whose order the list
// is. Every answer says in its body and in the
// header Link where the next page is.
type shifting struct {
	rows     []row
	size     int
	change   func(n int) // before request n, from 1; nil: nothing
	n        int
	read     int          // rows of the list that a walk has come past
	always   map[int]bool // rows that were there at every request
	stamp    int          // the latest
	asked    []string
	reversed bool // the newest first
	counts   bool // answers say how many rows and pages there are
}

// row is a row of the list: its id stays, its stamp is new with every change.
type row struct{ id, stamp int }

func newShifting(rows, size int, reversed bool) *shifting {
	a := &shifting{size: size, reversed: reversed, always: map[int]bool{}}
	for range rows {
		a.insert(len(a.rows))
	}
	if reversed {
		slices.Reverse(a.rows)
	}
	for _, r := range a.rows {
		a.always[r.id] = true
	}
	return a
}

func (a *shifting) insert(i int) {
	a.stamp++
	a.rows = slices.Insert(a.rows, i, row{a.stamp, a.stamp})
}

func (a *shifting) remove(i int) row {
	r := a.rows[i]
	a.rows = slices.Delete(a.rows, i, i+1)
	if i < a.read {
		a.read--
	}
	return r
}

// RoundTrip answers a request.
func (a *shifting) RoundTrip(r *http.Request) (*http.Response, error) {
	a.n++
	if a.change != nil {
		a.change(a.n)
	}
	for id := range a.always {
		if !slices.ContainsFunc(a.rows, func(r row) bool { return r.id == id }) {
			delete(a.always, id)
		}
	}
	a.asked = append(a.asked, r.URL.Path+"?"+r.URL.RawQuery)
	from, param := a.seek(r.URL.Path, r.URL.Query())
	from = min(from, len(a.rows))
	to := min(from+a.size, len(a.rows))
	a.read = max(a.read, to)
	body := map[string]any{"data": a.data(from, to), "token": nil}
	if a.counts {
		body["total"], body["pages"] = len(a.rows), (len(a.rows)+a.size-1)/a.size
	}
	h := http.Header{}
	if to < len(a.rows) {
		var token any = map[string]int{"page": from/a.size + 2, "offset": to, "after": a.rows[max(0, to-1)].stamp}[param]
		if param == "cursor" {
			token = base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "row %d", to))
		}
		q := url.Values{"sort": {"stamp"}, param: {fmt.Sprint(token)}}
		next := "http://api.test" + r.URL.Path + "?" + q.Encode()
		body["token"], body["next"] = token, next
		h.Set("Link", fmt.Sprintf(`<%s>; rel="next"`, next))
	}
	text, err := json.Marshal(body)
	return answer{status: 200, body: string(text), header: h}.response(r), err
}

// seek returns the index of the first row that is asked for, and the parameter
// that says so.
func (a *shifting) seek(path string, q url.Values) (int, string) {
	number := func(name string, absent int) int {
		n, err := strconv.Atoi(q.Get(name))
		if err != nil {
			return absent
		}
		return n
	}
	switch path {
	case "/page":
		return (number("page", 1) - 1) * a.size, "page"
	case "/offset":
		return number("offset", 0), "offset"
	case "/hidden":
		var from int
		if token, err := base64.StdEncoding.DecodeString(q.Get("cursor")); err == nil {
			_, _ = fmt.Sscanf(string(token), "row %d", &from) // 0 where there is no token
		}
		return from, "cursor"
	}
	if !q.Has("after") {
		return 0, "after"
	}
	after := number("after", 0)
	i := slices.IndexFunc(a.rows, func(r row) bool { return (r.stamp > after) != a.reversed && r.stamp != after })
	if i < 0 {
		i = len(a.rows)
	}
	return i, "after"
}

func (a *shifting) data(from, to int) []map[string]int {
	data := []map[string]int{}
	for _, r := range a.rows[from:to] {
		data = append(data, map[string]int{"id": r.id, "stamp": r.stamp})
	}
	return data
}

// changes are the ways in which a list changes while it is read.
var changes = []struct {
	name string
	// do changes a list of which so many rows were read.
	do func(a *shifting, read int, r *rand.Rand)
	// reversed says that it is about lists with the newest first.
	reversed bool
	// keys says that it leaves the order of keys as it is, or moves keys up.
	keys bool
}{
	{"rows behind leave", func(a *shifting, read int, r *rand.Rand) {
		if read > 0 {
			a.remove(r.IntN(read))
		}
	}, false, true},
	{"rows ahead leave", func(a *shifting, read int, r *rand.Rand) {
		if read < len(a.rows) {
			a.remove(read + r.IntN(len(a.rows)-read))
		}
	}, false, true},
	{"rows come at the end", func(a *shifting, _ int, _ *rand.Rand) { a.insert(len(a.rows)) }, false, true},
	{"rows come at the front", func(a *shifting, _ int, _ *rand.Rand) { a.insert(0) }, true, true},
	{"rows behind move to the end", func(a *shifting, read int, r *rand.Rand) {
		if read > 0 {
			moved := a.remove(r.IntN(read))
			a.stamp++
			a.rows = append(a.rows, row{moved.id, a.stamp})
		}
	}, false, true},
	{"as many leave as come", func(a *shifting, read int, r *rand.Rand) {
		if read > 0 {
			a.remove(r.IntN(read))
			a.insert(len(a.rows))
		}
	}, false, true},
	{"rows ahead move to the front", func(a *shifting, read int, r *rand.Rand) {
		if read < len(a.rows) {
			moved := a.remove(read + r.IntN(len(a.rows)-read))
			a.stamp++
			a.rows = slices.Insert(a.rows, 0, row{moved.id, a.stamp})
		}
	}, true, true},
	{"rows change places", func(a *shifting, read int, r *rand.Rand) {
		if read > 0 && read < len(a.rows) {
			i, j := r.IntN(read), read+r.IntN(len(a.rows)-read)
			a.rows[i].id, a.rows[j].id = a.rows[j].id, a.rows[i].id
		}
	}, false, false},
}

package probe

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/call"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// Options are what a look goes by.
type Options struct {
	Tape   *Tape
	Name   string                                      // of the collection
	Choose func(question string, options []string) int // of a person; nil: the first
	Known  []Known                                     // what recorded calls show
	Spare  int                                         // calls that the look leaves over
}

// Known is a parameter in which recorded calls differ.
type Known struct {
	Name   string
	Body   bool
	Values []string
}

// Found is what a look found.
type Found struct {
	Call    *call.Call    // of the first page, without what pages set
	Records []draft.Entry // records, and how they lie there
	Fields  []draft.Entry // primary_key, replication_key, incremental
	Paging  []draft.Entry // pagination, and rules that its end needs
	Params  []draft.Entry // that the stream sends besides those of Call
	Guesses []string      // what was decided without proof
	Remarks []string      // what the definition does not say
	Notes   []string      // what a user may want to know
	First   int           // records on the first page
	Proven  bool          // the way of paging is proven, or there is one page alone
	Way     string        // type of the pagination
}

// look is one look at a collection.
type look struct {
	Options
	api     *caller
	call    *call.Call
	first   *Answer // in JSON, once its format is known
	format  *format // of all answers
	list    list
	page    []string // records of the first page
	seen    []string // of all pages that were seen, each once
	pages   int
	hints   *hint.Hints
	place   map[kind][]place // what the first call says, by kind
	key     string           // the field, where it is one
	keySure bool
	named   *keyNamed // by the answer; nil: it names none
	found   *Found
}

// Look makes the call, and as many others as it takes.
func Look(ctx context.Context, c *call.Call, o Options) (*Found, error) {
	l := &look{Options: o, api: &caller{ctx: ctx, tape: o.Tape, spare: o.Spare}, call: c.Clone(), found: &Found{}, place: map[kind][]place{}}
	l.normalize()
	if err := l.askFirst(); err != nil {
		return nil, err
	}
	if found, err := l.findRecords(); err != nil || !found {
		l.found.Call = l.call
		return l.found, err
	}
	l.findKey()
	l.findPaging()
	l.findKey()
	l.writeKey()
	findTimes(l)
	l.remark()
	l.found.Call = l.call
	l.found.First = max(l.found.First, len(l.page))
	return l.found, ctx.Err()
}

// askFirst asks for the first page, where the address leads.
func (l *look) askFirst() error {
	for moves := 0; ; moves++ {
		answer, err := l.api.ask(l.call)
		if err != nil {
			return err
		}
		if to := answer.Header.Get("Location"); answer.Status > 300 && answer.Status < 309 && to != "" {
			next := l.at(to)
			if refused := refusedMove(l.call, next, moves); refused != "" {
				return &StatusError{answer.Status, refused}
			}
			l.call = next
			l.found.Remarks = append(l.found.Remarks, "path: the address of the request is answered with "+strconv.Itoa(answer.Status)+"; the one that it leads to is asked here")
			continue
		}
		if answer.Status != http.StatusOK && answer.Status != http.StatusPartialContent {
			return &StatusError{answer.Status, beginning(answer.Body)}
		}
		l.first = answer
		return nil
	}
}

// maxMoves is how often the first call follows an answer that leads elsewhere: to TLS, and to
// the path that a server prefers.
const maxMoves = 2

// refusedMove says why an answer that leads from one call to the next is not followed; "" is
// that it is. A next call of nil is one that no credential may be sent with.
func refusedMove(from, next *call.Call, moves int) string {
	switch {
	case next == nil:
		return "it leads to another host, or to one without TLS"
	case next.Address() == from.Address():
		return "it leads to the address that was asked, as answers do that want a cookie or a login"
	case moves == maxMoves:
		return "it leads on after " + strconv.Itoa(maxMoves) + " others that did"
	}
	return ""
}

// normalize takes the position of a page out of the call, which is to begin with the first.
func (l *look) normalize() {
	for _, p := range places(l.call) {
		value, _ := p.get(l.call)
		k := kindOf(p, value)
		for _, known := range l.Known {
			if known.Name == p.name && known.Body == p.body && k == other {
				k = kindOfValues(known.Values)
			}
		}
		if k == other {
			continue
		}
		l.place[k] = append(l.place[k], p)
		switch {
		case l.Tape.Recorded(): // only what was recorded has an answer
		case k == pageNumber && value != "0" && value != "1":
			l.call = p.with(l.call, like(p, "1"))
		case k == offset && value != "0" && value != "1":
			l.call = p.with(l.call, like(p, "0"))
		case k == token, k == key && value != "" && value != "0":
			l.call = p.without(l.call)
		}
	}
	for _, known := range l.Known {
		p := place{known.Body, known.Name}
		if _, stands := p.get(l.call); !stands {
			k := kindOf(p, known.Values[0])
			if k == other {
				k = kindOfValues(known.Values)
			}
			if !slices.Contains(l.place[k], p) {
				l.place[k] = append(l.place[k], p)
			}
		}
	}
}

// kindOfValues says what a parameter is for, by values that calls have for it.
func kindOfValues(values []string) kind {
	whole := true
	for _, v := range values {
		whole = whole && isWhole(v)
	}
	if !whole {
		return token
	}
	if len(values) > 1 {
		a, _ := strconv.Atoi(values[0])
		b, _ := strconv.Atoi(values[1])
		if b-a != 1 {
			return offset
		}
	}
	return pageNumber
}

// like is a number as the place wants it: in a body it is one.
func like(p place, number string) any {
	if p.body {
		return jsonNumber(number)
	}
	return number
}

// findRecords finds the place of the records in the first answer. It is false where
// there is none that init could go on from.
func (l *look) findRecords() (bool, error) {
	if known, err := findFormat(l); !known {
		return false, err
	}
	all := listsOf(l)
	if err := tellsOfError(l, all); err != nil {
		return false, err
	}
	if len(all) == 0 {
		l.found.Records = append(l.found.Records, draft.Entry{Key: "records", Value: "…", Open: true, Note: "The answer has neither a list nor an object. Where are the records?"})
		l.found.Guesses = append(l.found.Guesses, "where the records are: the answer has neither a list nor an object")
		return false, nil
	}
	at, note := choose(l, all)
	l.list = all[at]
	if member := l.issued(); member != "" {
		return false, &LoginError{member}
	}
	readRecordsAt(l, l.list.path)
	l.page = l.list.recordsAt(trimBOM(l.first.Body))
	doubtRows(l)
	l.writeRecords(note)
	l.seen, l.pages = l.page, 1
	l.hints = hint.Find(trimBOM(l.first.Body), steps(l.list.path), l.first.Header)
	return true, nil
}

// choose returns which of the lists has the records, by a person where that is not sure, and
// what says so.
func choose(l *look, all []list) (at int, note string) {
	if sure(all) {
		return 0, all[0].reason
	}
	options := make([]string, len(all))
	for i, one := range all {
		options[i] = one.path + "  (" + one.reason + ")"
	}
	if l.Choose != nil {
		at = l.Choose("Which list has the records of "+l.Name+"?", options)
	}
	note = all[at].reason
	if len(all) > 1 {
		note += "; so may be " + strings.Join(othersOf(options, at), ", ")
		l.found.Guesses = append(l.found.Guesses, fmt.Sprintf("records: %s is one of %d lists", all[at].path, len(all)))
	} else {
		note += ", the only one; by its name, it is beside the records"
		l.found.Guesses = append(l.found.Guesses, fmt.Sprintf("records: %s is the only list, and by its name beside the records", all[at].path))
	}
	return at, note
}

// issued is the member of an answer to POST that is one object and brings a credential, as
// logins answer; "" where there is none.
func (l *look) issued() (member string) {
	if l.list.form != single || l.call.Method != http.MethodPost {
		return ""
	}
	at := gjson.ParseBytes(trimBOM(l.first.Body))
	if l.list.path != "@this" {
		at = at.Get(l.list.path)
	}
	at.ForEach(func(k, v gjson.Result) bool {
		if v.Type == gjson.String && v.Str != "" && (call.NamesCredential(k.Str) || strings.EqualFold(k.Str, "session")) {
			member = k.Str
		}
		return member == ""
	})
	return member
}

func othersOf(options []string, at int) (all []string) {
	for i, option := range options {
		if i != at {
			all = append(all, option)
		}
	}
	return all
}

// steps are the plain keys that lead to the records.
func steps(path string) []string {
	if path == "@this" {
		return nil
	}
	path = strings.TrimSuffix(path, ".#.node")
	var all []string
	step := ""
	for i := 0; i < len(path); i++ {
		switch {
		case path[i] == '\\' && i+1 < len(path):
			i++
			step += path[i : i+1]
		case path[i] == '.':
			all, step = append(all, step), ""
		default:
			step += path[i : i+1]
		}
	}
	return append(all, step)
}

func (l *look) writeRecords(note string) {
	if l.list.path != "@this" || l.list.isMany() && l.format.isDocument() {
		l.found.Records = append(l.found.Records, draft.Entry{Key: "records", Value: l.list.path, Note: note})
	}
	switch l.list.form {
	case single:
		l.found.Records = append(l.found.Records, draft.Entry{Key: "single", Value: true, Note: note})
		if l.call.Method == http.MethodPost && !hasID(l.list.items[0]) {
			l.found.Guesses = append(l.found.Guesses, "records: the answer to POST is one object without a list or an id, and is taken for one record: does this request read records?")
		}
	case keyed:
		l.found.Records = append(l.found.Records, draft.Entry{Key: "keyed", Value: "key", Note: note + ": its keys go into the field key"})
	case table:
		l.writeColumns()
	case empty:
		l.found.Guesses = append(l.found.Guesses, "records, primary_key and paging: no record came; ask for a list that has some, or answer the questions in the definition")
	}
}

func trimBOM(body []byte) []byte { return []byte(strings.TrimPrefix(string(body), "\ufeff")) }

// findKey finds what tells the records apart.
func (l *look) findKey() {
	if l.list.form == keyed {
		l.key, l.keySure = "key", true
		return
	}
	if l.named = namedKey(trimBOM(l.first.Body), l.seen); l.named != nil {
		l.key, l.keySure = "", true
		if len(l.named.fields) == 1 {
			l.key = l.named.fields[0]
		}
		return
	}
	l.key, l.keySure = keyOf(fieldsOf(l.seen), len(l.seen), l.Name)
}

// writeKey says what tells the records apart, or asks.
func (l *look) writeKey() {
	entry := draft.Entry{Key: "primary_key", Value: []any{l.key}}
	switch {
	case l.list.form == single || len(l.page) == 0:
		return
	case l.list.form == keyed:
		entry.Note = "keys of an object differ"
	case l.named != nil:
		entry.Value = l.named.value()
		entry.Note = l.named.path + " names what " + keyEvidence(len(l.seen), l.pages)
	case l.key == "":
		entry.Open, entry.Value = true, []any{"…"}
		entry.Note = fmt.Sprintf("No field differs in all of %s by a name such as id. Which fields tell records apart?", hint.Counted(int64(len(l.seen)), "record"))
		l.found.Guesses = append(l.found.Guesses, "primary_key: no field tells records apart; without one, each sync appends")
	case !l.keySure:
		entry.Open = true
		entry.Note = fmt.Sprintf("%s: %s. Is it the key?", l.key, keyEvidence(len(l.seen), l.pages))
		l.found.Guesses = append(l.found.Guesses, "primary_key: "+l.key+" is asked in the definition, not set")
	default:
		entry.Note = keyEvidence(len(l.seen), l.pages)
	}
	l.found.Fields = append(l.found.Fields, entry)
}

// remark says what a user should know of the call and its answer.
func (l *look) remark() {
	for _, p := range places(l.call) {
		value, _ := p.get(l.call)
		if _, _, isTime := timeOf(gjson.Result{Type: gjson.String, Str: value}); isTime && !isWhole(value) {
			l.found.Remarks = append(l.found.Remarks, "param "+p.name+": it holds a fixed time, and asks for the same span in each run; leave it out, or write {{ window.start }} or {{ window.end }}")
		}
	}
	if l.format.isText() {
		l.found.Notes = append(l.found.Notes, "Fields are text, as the format has no types: a schema in the stream makes numbers of them.")
	}
	for _, name := range l.format.onceOrMore(l.seen) {
		l.found.Remarks = append(l.found.Remarks, "field "+name+": the element comes once in some records, and then is no list, and more than once in others: a schema that says array makes it one in all")
	}
	for name := range l.first.Header {
		if plain := plainName(name); strings.Contains(plain, "ratelimit") && strings.Contains(plain, "remaining") {
			l.found.Notes = append(l.found.Notes, name+" stands in the answers: runs keep to that limit by themselves.")
		}
	}
}

// others reports whether a page has records, and none that the first one has.
func (l *look) others(page []string) bool {
	if len(page) == 0 {
		return false
	}
	first := map[string]bool{}
	for _, record := range l.page {
		first[l.identity(record)] = true
	}
	for _, record := range page {
		if first[l.identity(record)] {
			return false
		}
	}
	return true
}

// same reports whether a page has the records of the first one, as many.
func (l *look) same(page []string) bool {
	return slices.EqualFunc(page, l.page, func(a, b string) bool { return l.identity(a) == l.identity(b) })
}

// identity is what tells a record from another: its key, or all of it.
func (l *look) identity(record string) string {
	if l.key != "" && l.list.isMany() {
		return gjson.Get(record, gjson.Escape(l.key)).Raw
	}
	return record
}

// saw takes note of another page.
func (l *look) saw(page []string) {
	if l.pages >= 2 {
		return
	}
	l.seen = slices.Concat(l.seen, page)
	l.pages++
}

// recordsOf makes a call and returns the records of its answer. ok is false where that is
// none: refused, not recorded, or lost. The answer is nil where none came.
func (l *look) recordsOf(c *call.Call) (page []string, answer *Answer, ok bool) {
	answer, err := l.api.ask(c)
	if err != nil {
		return nil, nil, false
	}
	answer = l.format.read(answer)
	if answer.Status >= 300 || !gjson.ValidBytes(trimBOM(answer.Body)) {
		return nil, answer, false
	}
	return l.list.recordsAt(trimBOM(answer.Body)), answer, true
}

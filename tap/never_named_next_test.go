package tap_test

import (
	"fmt"
	"strings"
	"testing"
)

// neverNamed are walks of one answer that has nothing where the definition looks for
// the next page.
var neverNamed = []struct {
	name   string
	stream string // keys of the stream beside its name and schema
	answer endAnswer
	proven bool
	warns  string // what log and account say; "": the log has no warning
	says   string // what the account alone says
}{
	{"a misspelled key", `records: rows, pagination: {type: cursor, next: weitr, param: c}`, rowsAnswer(40, `"weiter":"40"`), false,
		`pagination.next, weitr, matched no answer of the walk, which ends at the first; beside the records that has weiter: did you mean "weiter"?`, ""},
	{"a misspelled key whose right one is null", `records: rows, pagination: {type: cursor, next: weitr, param: c}`, rowsAnswer(3, `"weiter":null`), false,
		`did you mean "weiter"?`, ""},
	{"a misspelled key that is known, and null", `records: rows, pagination: {type: cursor, next: pointer, param: c}`, rowsAnswer(3, `"next_cursor":null`), false,
		`pagination.next, pointer, matched no answer of the walk`, ""},
	{"a misspelled scroll", `records: rows, pagination: {type: cursor, session: true, next: scroll_id, body: scroll_id}, body: {json: {size: 50}}, method: POST`,
		rowsAnswer(20, `"_scroll_id":"abc","took":3`), false, `did you mean "_scroll_id"?`, ""},
	{"another name altogether", `records: rows, pagination: {type: cursor, next: next, param: c}`, rowsAnswer(20, `"page":{"search_cursor":"abc"}`), false,
		`did you mean "page.search_cursor"?`, ""},
	{"a header that is misspelled", `records: "@this", pagination: {type: cursor, next: "header:X-Folgende", param: c}`,
		endAnswer{200, map[string]string{"X-Folgend": "2"}, []byte(`[{"id":1}]`)}, false, `did you mean "X-Folgend"?`, ""},
	{"link_header, no Link, a full page", `records: "@this", pagination: {type: link_header}`, endAnswer{200, nil, []byte("[" + someRows(100) + "]")}, false,
		"the header Link, of pagination.type: link_header, matched no answer of the walk, which ends at the first; 100 records are as many as", ""},
	{"link_header, no Link, a small list", `records: "@this", pagination: {type: link_header}`, endAnswer{200, nil, []byte("[" + someRows(7) + "]")}, false,
		"", "it is not proven that all records came: the header Link"},
	{"fewer than asked for", `records: rows, params: {limit: 100}, pagination: {type: cursor, next: next, param: c}`, rowsAnswer(50, `"previous_page":"a","per_page":100`), false,
		"", "pagination.next, next, matched no answer"},
	{"a cursor of the last record, and no next", `records: rows, pagination: {type: next_url, next: paging.next}`, rowsAnswer(3, `"paging":{"cursors":{"before":"a","after":"b"}}`), false,
		"", "pagination.next, paging.next, matched no answer"},
	{"nothing more to sync", `records: rows, pagination: {type: cursor, next: nextPageToken, param: c}`, rowsAnswer(3, `"nextSyncToken":"CAE"`), false,
		"", "pagination.next, nextPageToken, matched no answer"},
	{"next is null", `records: rows, pagination: {type: cursor, next: next, param: c}`, rowsAnswer(100, `"next":null`), true, "", ""},
	{"next is empty", `records: rows, pagination: {type: cursor, next: next, param: c}`, rowsAnswer(100, `"next":""`), true, "", ""},
	{"another Link", `records: rows, pagination: {type: link_header}`, endAnswer{200, map[string]string{"Link": `</x?page=1>; rel="last"`}, []byte(`{"rows":[{"id":1}]}`)}, true, "", ""},
	{"a total that was reached", `records: rows, pagination: {type: cursor, next: next, param: c, total: all}`, rowsAnswer(100, `"all":100`), true, "", ""},
	{"more is false", `records: rows, pagination: {type: cursor, next: next, param: c, more: more}`, rowsAnswer(100, `"more":false`), true, "", ""},
	{"the answer says that there is no more", `records: rows, pagination: {type: cursor, next: next, param: c}`, rowsAnswer(100, `"has_more":false`), true, "", ""},
	{"no records", `records: rows, pagination: {type: cursor, next: next, param: c}`, rowsAnswer(0, `"took":1`), true, "", ""},
}

// someRows are so many records.
func someRows(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`{"id":%d}`, i))
	}
	return strings.Join(all, ",")
}

// rowsAnswer is an answer with so many records, and members beside them.
func rowsAnswer(n int, members string) endAnswer {
	return endAnswer{200, nil, []byte(`{"rows":[` + someRows(n) + `],` + members + `}`)}
}

// TestNeverNamedNext proves that a walk of which no answer had anything at
// pagination.next is not proven by that, that the log says so where something else may
// be meant, and that it is no failure and keeps no bookmark.
func TestNeverNamedNext(t *testing.T) {
	for _, tt := range neverNamed {
		t.Run(tt.name, func(t *testing.T) {
			definition := "streams:\n  - {name: x, path: /x, schema: {type: object}, primary_key: [id], " + tt.stream + "}\n"
			r := setup{head: endHead, definition: definition, api: &replies{answers: []endAnswer{tt.answer}}}.must(t)
			account := r.account.String()
			if got := r.account.Streams[0].Status(); got != "complete" {
				t.Errorf("got %s, want complete\n%s", got, account)
			}
			if got := strings.Contains(account, "x: proven complete"); got != tt.proven {
				t.Errorf("proven is %t, want %t:\n%s", got, tt.proven, account)
			}
			if !tt.proven && !strings.Contains(account, "ended by an answer that names no next page, and none ever did") {
				t.Errorf("the account does not say what ended the walk:\n%s", account)
			}
			said := strings.ReplaceAll(r.log, `\"`, `"`)
			if warned := strings.Contains(r.log, "level=WARN"); warned != (tt.warns != "") || !strings.Contains(said, tt.warns) {
				t.Errorf("the log does not warn of %q, and of nothing else:\n%s", tt.warns, said)
			}
			if !strings.Contains(account, tt.warns) || !strings.Contains(account, tt.says) {
				t.Errorf("the account does not say %q:\n%s", tt.warns+tt.says, account)
			}
			if n := strings.Count(account, "it is not proven"); n > 1 || (n == 0) != tt.proven {
				t.Errorf("the account says %d times that it is not proven:\n%s", n, account)
			}
		})
	}
}

// TestNextNamedElsewhere proves that lists of one page are proven by the next page that
// another partition's answer named: the key is spelled as the API does.
func TestNextNamedElsewhere(t *testing.T) {
	const partitions = "streams:\n  - {name: x, path: \"/{{ partition.p }}\", schema: {type: object}, primary_key: [id], records: rows, " +
		"pagination: {type: cursor, next: next, param: c}, partition_by: {name: p, values: [a, b, c]}}\n"
	long := []endAnswer{rowsAnswer(2, `"took":1`), rowsAnswer(2, `"next":"n"`), jsonAnswers(`{"rows":[{"id":7}]}`)[0]}
	for _, tt := range []struct {
		answers []endAnswer
		want    string
	}{
		{long, "x: 3 walks, proven complete"},
		{long[:1], "x: 3 walks, not proven complete"},
	} {
		r := setup{head: endHead, definition: partitions, api: &replies{answers: tt.answers}}.must(t)
		if account := r.account.String(); !strings.Contains(account, tt.want) || strings.Contains(account, "matched no answer") != (len(tt.answers) == 1) {
			t.Errorf("the account does not say %q:\n%s", tt.want, account)
		}
	}
}

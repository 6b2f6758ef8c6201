package tap_test

import (
	"strings"
	"testing"
)

// TestAdviceBesideTags proves that a stream with etag, which cannot be walked until two
// walks agree, nor overlap, is not told to.
func TestAdviceBesideTags(t *testing.T) {
	for pagination, want := range map[string]string{
		"{type: page, param: page, total_pages: pages}": "nothing in the answers shows it. pagination.total, where the API has one, would show rows that go\n",
		"{type: page, param: page, total: total}":       "total shows it, unless as many rows come as go\n",
	} {
		definition := "streams: [{name: x, path: /x, records: rows, primary_key: [id], etag: true, schema: {type: object}, pagination: " + pagination + "}]\n"
		answers := jsonAnswers(`{"rows":[{"id":1},{"id":2}],"pages":2,"total":3}`, `{"rows":[{"id":3}],"pages":2,"total":3}`)
		r := setup{head: endHead, definition: definition, api: &replies{answers: answers}}.must(t)
		account := r.account.String()
		if !strings.Contains(account, want) || strings.Contains(account+r.log, "on_incomplete") {
			t.Errorf("%s: want %q, and no word of on_incomplete:\n%s%s", pagination, want, account, r.log)
		}
	}
}

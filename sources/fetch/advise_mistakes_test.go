package fetch_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// TestAdviceOnWhereProofsGo proves that a refusal names what the auth sends, and
// nothing that it does not.
func TestAdviceOnWhereProofsGo(t *testing.T) {
	for auth, want := range map[string]string{
		`{type: bearer, token: Tok-en-1}`: "{type: bearer} sends the header Authorization: check that the API looks for it there",
		`{type: hmac, key: K-ey-1, sign: x, send: {headers: {X-Ts: "{{ request.timestamp }}"}, params: {sig: "{{ signature.hex }}"}}}`:    "{type: hmac} sends the header X-Ts and the parameter sig: check that the API looks",
		`{type: jwt, algorithm: HS256, key: 0123456789-0123456789-0123456789, send: {headers: {X-Token: "{{ response.access_token }}"}}}`: "{type: jwt} sends the header X-Token: check that the API looks",
		`{type: pool, of: [{type: bearer, token: Tok-en-1}, {type: bearer, token: Tok-en-2}]}`:                                            "{type: pool} sends what those in auth.of send: check that the API looks",
	} {
		synctest.Test(t, func(t *testing.T) {
			s := define(t, "auth: "+auth, cursorStream)[0]
			got := newRig(t, s, &script{answers: []answer{says(403, `{}`), says(403, `{}`), says(403, `{}`)}}).run(s, paging.Position{})
			if e := failure(t, got.err); !strings.Contains(e.Error(), want) {
				t.Errorf("%s: got %v, want %q", auth, e, want)
			}
		})
	}
}

// TestAdviceOnLimitsOfCounting proves that a page which is refused far behind says
// which key of the definition is for that.
func TestAdviceOnLimitsOfCounting(t *testing.T) {
	const stream = `path: /orders, records: data, primary_key: [id], pagination: {type: page, param: page, size_param: size, size: 2`
	for stream, want := range map[string]string{
		stream + `}`: "write pagination.max_offset: 2, and beyond",
		stream + `, max_offset: 9, beyond: {field: id, param: after}}`: "is pagination.max_offset: 9 more than the API allows?",
	} {
		synctest.Test(t, func(t *testing.T) {
			s := define(t, "", stream)[0]
			got := newRig(t, s, &script{answers: []answer{page(1, 2, ""), says(422, `{}`)}}).run(s, paging.Position{})
			if e := failure(t, got.err); !strings.Contains(e.Error(), want) {
				t.Errorf("%s: got %v, want %q", stream, e, want)
			}
		})
	}
}

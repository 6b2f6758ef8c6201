package fetch

import (
	"encoding/json"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
	"github.com/tap-rest/tap-rest/sources/fetch/ref"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// outside is the walk as its pager sees it.
type outside struct {
	requests *builder
	view     *view
	secrets  *secret.Hider
}

// Eval evaluates a Ref over the answer under way.
func (o outside) Eval(r sources.Ref, page expr.Value) (expr.Value, error) {
	o.requests.vars[sources.VarPage] = page
	return ref.Eval(r, o.requests.vars, o.view.seen, o.view.answer.Header)
}

// Seal makes a token fit to be kept.
func (o outside) Seal(v expr.Value) (json.RawMessage, error) { return o.requests.maker.SealToken(v) }

// Open undoes Seal.
func (o outside) Open(token json.RawMessage) expr.Value {
	v, _ := o.requests.maker.OpenToken(token) // who makes the request finds the error
	return v
}

// Follow makes a URL fit to be kept, which may be relative to the one that was
// answered.
func (o outside) Follow(target string, https func() string) (string, error) {
	u, err := o.requests.sent.Follow(o.view.answer.url, target, https)
	if err != nil {
		return "", err
	}
	return o.requests.maker.SealURL(u)
}

// Answered reports whether a URL is the one that was answered.
func (o outside) Answered(target string) bool {
	at := o.view.answer.url
	return at != nil && o.requests.maker.Same(at, target)
}

// Asked is how many records the request under way asks for.
func (o outside) Asked() (n int64, key string) {
	out := o.requests.sent
	return hint.Size(out.URL.Query(), out.Body, out.Header.Get("Content-Type"))
}

// Quote makes a text fit for a message.
func (o outside) Quote(text string) string { return secret.Clip(oneLine(o.Hide(text))) }

// Hide takes the secrets out of a text.
func (o outside) Hide(text string) string { return o.secrets.Redact(text) }

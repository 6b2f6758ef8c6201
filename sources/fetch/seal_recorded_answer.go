package fetch

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/state/journal"
)

// sealURL keeps the URL that was answered, where redirects led to another one.
func (r *recorder) sealURL(h http.Header, out *outgoing, page *Page) error {
	h.Del(urlHeader)
	if page.url.String() == out.URL.String() {
		return nil
	}
	sealed, ok := r.secrets.Seal(page.url.String())
	if !ok {
		return errUnkept
	}
	h.Set(urlHeader, sealed)
	return nil
}

// seal takes the secrets out of an answer that echoes them.
func (r *recorder) seal(e *journal.Exchange, page *Page) error {
	held := r.secrets.InBody(page.Body.Text) || page.pieces != nil && page.pieces.secret
	for name, values := range e.Header {
		for _, v := range values {
			held = held || name != urlHeader && r.secrets.In(v)
		}
	}
	switch {
	case !held:
		return nil
	case page.Body.Long():
		return errUnkeptLong
	}
	text, ok := r.secrets.Seal(string(page.Body.Text))
	for name, values := range e.Header {
		for i, v := range values {
			if name == urlHeader {
				continue // it is sealed
			}
			var sealed bool
			values[i], sealed = r.secrets.Seal(v)
			ok = ok && sealed
		}
	}
	if !ok {
		return errUnkept
	}
	e.Header.Del("Content-Encoding")
	e.Header.Set(sealedHeader, "1")
	e.Body = []byte(text)
	return nil
}

// unseal puts the secrets of an answer back.
func unseal(ex *Exchange, secrets *secret.Hider) error {
	sealed := ex.Header
	ex.Header = http.Header{}
	all := true
	open := func(text string) string {
		text, ok := secrets.Open(text)
		all = all && ok
		return text
	}
	for name, values := range sealed {
		for _, v := range values {
			ex.Header.Add(name, open(v))
		}
	}
	ex.Body.Text = []byte(open(string(ex.Body.Text)))
	if !all {
		return secret.ErrSealed
	}
	return nil
}

// Why an exchange cannot be kept without its secrets.
var (
	errUnkept     = errors.New("it holds a secret, and text like the mark that would stand for one: a run that goes on asks for it again")
	errUnkeptLong = fmt.Errorf("it holds a secret, which is cut out only of answers up to %d MiB: a run that goes on asks for it again", body.Max>>20)
)

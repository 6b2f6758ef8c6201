package recorded

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/state/journal"
)

// SealURL keeps in the headers which URL answered, where redirects led to another one
// than was asked.
func SealURL(h http.Header, asked, answered string, secrets *secret.Hider) error {
	h.Del(URLHeader)
	if answered == asked {
		return nil
	}
	sealed, ok := secrets.Keep(answered)
	if !ok {
		return ErrUnkept
	}
	h.Set(URLHeader, sealed)
	return nil
}

// Seal takes the secrets out of an answer that echoes them: they are in its headers,
// or in its body, or held says that one is in what is not in memory of that.
func Seal(e *journal.Exchange, b *body.Body, held bool, secrets *secret.Hider) error {
	held = held || secrets.InBody(b.Text)
	for name, values := range e.Header {
		for _, v := range values {
			held = held || name != URLHeader && secrets.In(v)
		}
	}
	switch {
	case !held:
		return nil
	case b.Long():
		return ErrUnkeptLong
	}
	text, ok := secrets.Keep(string(b.Text))
	for name, values := range e.Header {
		for i, v := range values {
			if name == URLHeader {
				continue // it is sealed
			}
			var sealed bool
			values[i], sealed = secrets.Keep(v)
			ok = ok && sealed
		}
	}
	if !ok {
		return ErrUnkept
	}
	e.Header.Del("Content-Encoding")
	e.Header.Set(SealedHeader, "1")
	e.Body = []byte(text)
	return nil
}

// Unseal puts the secrets of an answer back.
func Unseal(sealed http.Header, text []byte, secrets *secret.Hider) (http.Header, []byte, error) {
	header, all := http.Header{}, true
	open := func(text string) string {
		text, ok := secrets.Open(text)
		all = all && ok
		return text
	}
	for name, values := range sealed {
		for _, v := range values {
			header.Add(name, open(v))
		}
	}
	text = []byte(open(string(text)))
	if !all {
		return nil, nil, secret.ErrSealed
	}
	return header, text, nil
}

// Why an exchange cannot be kept without its secrets.
var (
	ErrUnkept     = errors.New("it holds a secret, and text like the mark that would stand for one: a run that goes on asks for it again")
	ErrUnkeptLong = fmt.Errorf("it holds a secret, which is cut out only of answers up to %d MiB: a run that goes on asks for it again", body.Max>>20)
)

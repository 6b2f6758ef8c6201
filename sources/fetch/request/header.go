package request

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/secret"
)

func (d *draft) setHeaders() error {
	for _, p := range d.spec.Headers {
		values, err := d.values(p)
		if err != nil {
			return fmt.Errorf("headers.%s: %w", p.Name, err)
		}
		for _, v := range values {
			d.Header.Add(p.Name, v)
		}
	}
	for _, s := range d.page.Sends {
		if s.Header != "" {
			d.Header.Set(s.Header, plain(s.Value))
		}
	}
	for name := range d.maker.defaults {
		setDefault(d.Header, name, d.maker.defaults.Get(name))
	}
	return nil
}

func setDefault(h http.Header, name, value string) {
	if h.Get(name) == "" {
		h.Set(name, value)
	}
}

// CheckHeaders refuses what cannot be sent. It does not quote values.
func CheckHeaders(h http.Header) error {
	for name, values := range h {
		if !sources.IsHeaderName(name) {
			return fmt.Errorf("headers: %q is not the name of a header", secret.Clip(name))
		}
		for _, v := range values {
			if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
				return fmt.Errorf("headers.%s: its value has a line break or another control character", name)
			}
		}
	}
	return nil
}

package uri

import (
	"net/url"
	"strings"
)

// SameSite reports whether to is on the host of from, and no less safe: a step
// from http to https on the default ports stays on the host, the way back
// does not.
func SameSite(from, to *url.URL) bool {
	if !strings.EqualFold(from.Hostname(), to.Hostname()) {
		return false
	}
	if from.Scheme == to.Scheme {
		return port(from) == port(to)
	}
	return from.Scheme == "http" && to.Scheme == "https" && port(from) == "80" && port(to) == "443"
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// Downgrades reports whether a step from one URL to the other gives up https
// and nothing else.
func Downgrades(from, to *url.URL) bool {
	return from.Scheme == "https" && to.Scheme == "http" && strings.EqualFold(from.Hostname(), to.Hostname())
}

// Package uri reads and writes the URLs of requests and of links, byte for byte
// where they are well written: net/url spells them its own way.
package uri

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Absolute reports whether a path is a URL itself.
func Absolute(path string) bool {
	scheme, _, found := strings.Cut(path, "://")
	return found && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// Parse reads a URL that requests can be sent to. Its errors leave the text
// out, which may hold a secret.
func Parse(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		return nil, errors.New("has no scheme: write http:// or https:// before it")
	}
	u, err := url.Parse(escape(text))
	var parse *url.Error
	switch {
	case errors.As(err, &parse):
		return nil, parse.Err
	case err != nil:
		return nil, err
	}
	return u, check(u)
}

func check(u *url.URL) error {
	switch {
	case u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("is no absolute http or https URL")
	case u.User != nil:
		return errors.New("holds a user: give it under auth, as type basic")
	case u.Fragment != "":
		return errors.New("has a #, and what follows it is never sent: write %23 if it is meant")
	}
	return nil
}

// Reference reads a URL, absolute or relative to base, out of an answer.
// What of it is well written stays as it is, byte for byte; user and fragment
// are left out.
func Reference(base *url.URL, text string) (*url.URL, error) {
	u, err := url.Parse(escape(strings.TrimSpace(text)))
	var parse *url.Error
	if errors.As(err, &parse) {
		err = parse.Err
	}
	if err != nil {
		return nil, err
	}
	if !u.IsAbs() {
		u = base.ResolveReference(u)
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	return u, check(u)
}

// escape escapes what cannot stand in a URL, behind its host. Else a space
// in its path would make net/url spell the whole path its own way, and %2F as
// a slash.
func escape(text string) string {
	path := 0
	if i := strings.Index(text, "//"); i == 0 || i > 0 && text[i-1] == ':' {
		path = len(text)
		if end := strings.IndexAny(text[i+2:], "/?#"); end >= 0 {
			path = i + 2 + end
		}
	}
	query := len(text)
	if i := strings.IndexAny(text[path:], "?#"); i >= 0 {
		query = path + i
	}
	var b strings.Builder
	b.WriteString(text[:path])
	for i, c := range []byte(text[path:]) {
		inPath := path+i < query
		if c <= ' ' || c >= 0x7f || inPath && strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Join puts one slash between base and path. The query of base goes behind
// that of path.
func Join(base, path string) string {
	base, query, hasQuery := strings.Cut(base, "?")
	joined := strings.TrimSuffix(base, "/")
	if path = strings.TrimPrefix(path, "/"); path != "" && path[0] != '?' {
		joined += "/"
	}
	joined += path
	if !hasQuery {
		return joined
	}
	if strings.Contains(path, "?") {
		return joined + "&" + query
	}
	return joined + "?" + query
}

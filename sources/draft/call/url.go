package call

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/tap-rest/tap-rest/sources/pattern"
)

// scheme is how an address begins that names one.
var scheme = pattern.New(`^[A-Za-z][A-Za-z0-9+.-]*://`)

// parseURL reads an address as curl does: without a scheme it is HTTP's.
// Its error does not show what may be a secret.
func parseURL(address string) (*url.URL, error) {
	address = strings.TrimSpace(address)
	if !scheme().MatchString(address) {
		address = "http://" + address
	}
	head, rest := address, ""
	if at := strings.IndexAny(address, "?#"); at >= 0 {
		head, rest = address[:at], address[at:]
	}
	u, err := url.Parse(strings.ReplaceAll(head, " ", "%20"))
	if err != nil {
		var what *url.Error
		if errors.As(err, &what) {
			err = what.Err
		}
		return nil, fmt.Errorf("the URL cannot be read: %w", err)
	}
	if query, ok := strings.CutPrefix(rest, "?"); ok {
		u.RawQuery, _, _ = strings.Cut(query, "#")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("the URL begins with %s://, and tap-rest reads http:// and https://", u.Scheme)
	case u.Host == "" || u.Hostname() == "":
		return nil, errors.New("the URL names no host")
	}
	return u, nil
}

// versionSegment are the parts of a path after which the collections of many APIs stand.
var versionSegment = pattern.New(`^(?:v\d[\w.]*|api|rest|latest|\d{4}-\d{2}(?:-\d{2})?|odata)$`)

// versionNumber is a version behind such a part, as in /rest/api/2.
var versionNumber = pattern.New(`^\d{1,2}$`)

// splitPath parts a path after its version, which belongs to all streams of an API.
func splitPath(path string) (base, rest string) {
	segments := strings.Split(path, "/")
	at := 0
	for i, segment := range segments[:max(len(segments)-1, 0)] {
		if versionSegment().MatchString(segment) || at > 0 && at == i-1 && versionNumber().MatchString(segment) {
			at = i
		}
	}
	if at == 0 {
		return "", path
	}
	return strings.Join(segments[:at+1], "/"), "/" + strings.Join(segments[at+1:], "/")
}

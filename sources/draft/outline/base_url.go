package outline

import (
	"net/url"
	"strings"
)

// BaseURL declares the setting base_url, and returns the template of the URL
// that paths begin with. The address of the document is its default; where it
// is relative, it is relative to the document if that came from a URL.
func (o *Outline) BaseURL(address, file, note string) string {
	schema := Plain().Set("format", "uri", "")
	at, err := url.Parse(strings.TrimSpace(address))
	if err != nil || strings.ContainsAny(address, "{}%") {
		at = new(url.URL)
	}
	if from, err := url.Parse(file); err == nil && isWeb(from) {
		if *at == (url.URL{}) {
			at.Path = "/"
		}
		at = from.ResolveReference(at)
	}
	at.RawQuery, at.Fragment, at.RawFragment, at.User = "", "", "", nil
	if isWeb(at) {
		schema.Set("default", strings.TrimSuffix(at.String(), "/"), "")
		return o.Setting("base_url", schema, true, note)
	}
	path := strings.Trim(at.EscapedPath(), "/")
	base := o.Setting("base_url", schema, true, note+"; where is the API?")
	if path != "" && at.Host == "" && !strings.Contains(path, "..") {
		base += "/" + Literal(path)
	}
	return base
}

func isWeb(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && !strings.ContainsAny(u.Host, " {}%")
}

// WithoutUser takes name and password out of a URL, where it has them.
func WithoutUser(address string) string {
	if u, err := url.Parse(address); err == nil && u.User != nil {
		u.User = nil
		return u.String()
	}
	return address
}

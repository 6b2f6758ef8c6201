package request

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
)

// downgrade says of a link or a redirect that it leads from https to http on the
// same host. An API behind a proxy often writes such links: it does not know
// that it is asked over https.
func downgrade(host, remedy string) string {
	text := fmt.Sprintf("leads from https to %s, without encryption: the API may not know that a proxy in front of it is asked over https", host)
	if remedy != "" {
		text += "; to ask over https, write " + remedy
	}
	return text + "; if http is meant, name the host in allow_hosts (credentials are not sent there)"
}

// overHTTPS is the line of the definition that asks for the next page over
// https, whatever the link to it says.
func overHTTPS(p *sources.Pagination) string {
	const upgrade = " | default('', true) | replace('http://', 'https://') }}"
	next := ""
	switch {
	case p.Type == sources.PaginateLinkHeader:
		next = fmt.Sprintf(`{{ headers.link | default('') | regex_search('<([^>]*)>[^,]*rel="?%s')`, p.Rel) + upgrade
	case p.Next.Header != "":
		next = "{{ headers['" + strings.ToLower(p.Next.Header) + "']" + upgrade
	case p.Next.Template != nil:
		return `"| replace('http://', 'https://')" behind what pagination.next makes`
	default:
		at, ok := inTemplate(p.Next.Path)
		if !ok {
			return `pagination.next as a template that ends in "` + strings.TrimPrefix(upgrade, " ") + `"`
		}
		next = "{{ " + at + upgrade
	}
	return "pagination: {type: next_url, next: " + "'" + strings.ReplaceAll(next, "'", "''") + "'}"
}

var (
	plainPath  = regexp.MustCompile(`^(?:[A-Za-z0-9_$@ -]|\\.)+(?:\.(?:[A-Za-z0-9_$@ -]|\\.)+)*$`)
	identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// inTemplate is how a template says what a path names; ok is false for paths
// that do more than lead from key to key.
func inTemplate(path string) (expression string, ok bool) {
	if !plainPath.MatchString(path) || strings.HasPrefix(path, "@") || strings.Contains(path, ".@") {
		return "", false
	}
	expression = "response"
	for _, key := range sources.SplitPath(path) {
		if identifier.MatchString(key) {
			expression += "." + key
		} else {
			expression += "['" + key + "']"
		}
	}
	return expression, true
}

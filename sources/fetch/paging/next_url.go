package paging

import (
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/pattern"
)

// nextURL is a way whose answers hold the URL of the next page.
type nextURL struct{}

func (nextURL) traits() traits { return traits{names: true} }

func (nextURL) step(l *leg) (step, error) {
	v, ok, err := l.named()
	if !ok || err != nil {
		return step{missing: "there is no URL at pagination.next"}, err
	}
	if v.Kind() != expr.KindString {
		return step{}, fmt.Errorf("pagination.next: expected a URL, got %s", l.out.Quote(v.Text()))
	}
	return l.follow(v.Text(), func() string { return nextOverHTTPS(l.stream.Pagination.Next) })
}

// upgrade makes a URL one of https, in a template.
const upgrade = " | default('', true) | replace('http://', 'https://') }}"

// asTemplate is the line of a definition that takes the next page's URL out of a
// template.
func asTemplate(next string) string {
	return "pagination: {type: next_url, next: " + "'" + strings.ReplaceAll(next, "'", "''") + "'}"
}

// nextOverHTTPS is the line of the definition that asks for the next page over
// https, whatever the link to it says.
func nextOverHTTPS(next sources.Ref) string {
	switch {
	case next.Header != "":
		return asTemplate("{{ headers['" + strings.ToLower(next.Header) + "']" + upgrade)
	case next.Template != nil:
		return `"| replace('http://', 'https://')" behind what pagination.next makes`
	}
	at, ok := inTemplate(next.Path)
	if !ok {
		return `pagination.next as a template that ends in "` + strings.TrimPrefix(upgrade, " ") + `"`
	}
	return asTemplate("{{ " + at + upgrade)
}

var (
	plainPath  = pattern.New(`^(?:[A-Za-z0-9_$@ -]|\\.)+(?:\.(?:[A-Za-z0-9_$@ -]|\\.)+)*$`)
	identifier = pattern.New(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// inTemplate is how a template says what a path names; ok is false for paths
// that do more than lead from key to key.
func inTemplate(path string) (expression string, ok bool) {
	if !plainPath().MatchString(path) || strings.HasPrefix(path, "@") || strings.Contains(path, ".@") {
		return "", false
	}
	expression = "response"
	for _, key := range sources.SplitPath(path) {
		if identifier().MatchString(key) {
			expression += "." + key
		} else {
			expression += "['" + key + "']"
		}
	}
	return expression, true
}

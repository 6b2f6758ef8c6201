package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/ref"
)

// linksIn finds the links to the files of a job that is done.
func (j *job) linksIn(answer expr.Value, text []byte, h http.Header) ([]string, error) {
	vars := j.requests.vars
	vars[sources.VarResponse] = answer
	defer func() { vars[sources.VarResponse] = expr.Undefined() }()
	if text == nil {
		text = answer.AppendJSON(nil)
	}
	v, err := ref.Eval(j.spec.Links, vars, text, h)
	if err != nil {
		return nil, fmt.Errorf("export.links: %w", err)
	}
	links := []string{}
	switch v.Kind() {
	case expr.KindNull:
		return links, nil
	case expr.KindString:
		return append(links, v.Text()), nil
	case expr.KindList:
		wrong := ""
		v.Each(func(_ string, item expr.Value) bool {
			if item.Kind() != expr.KindString || item.Text() == "" {
				wrong = string(item.AppendJSON(nil))
			}
			links = append(links, item.Text())
			return true
		})
		if n := j.listed(text); wrong == "" && n > len(links) {
			return nil, fmt.Errorf("export.links: the answer lists %d files, and only %d of them have a URL there: is the path right?", n, len(links))
		}
		if wrong == "" {
			return links, nil
		}
		return nil, fmt.Errorf("export.links: expected the URLs of files, got %s among them", j.requests.recorder.secrets.Quote(wrong))
	case expr.KindUndefined:
		return nil, errors.New("export.links: the answer of a job that is done has nothing there: is the path right, and does done wait long enough?")
	}
	return nil, fmt.Errorf("export.links: expected a URL or a list of them, got %s", j.requests.recorder.secrets.Quote(string(v.AppendJSON(nil))))
}

// listed is how many files an answer lists, where the path to their links says: gjson
// leaves those out that have none.
func (j *job) listed(text []byte) int {
	path := j.spec.Links.Path
	end := strings.LastIndex(path, "#.")
	if end < 0 {
		return 0
	}
	all := gjson.GetBytes(text, path[:end+1])
	if all.IsArray() { // those that a query finds
		return len(all.Array())
	}
	return int(all.Int())
}

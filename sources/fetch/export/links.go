package export

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/advice"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/ref"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
)

// Links finds the links to the files of a job that is done. text is nil where the answer
// is that of the submission; quote shows what came without its secrets.
func Links(at sources.Ref, vars expr.Vars, answer expr.Value, text []byte, h http.Header, quote func(string) string) ([]string, error) {
	vars[sources.VarResponse] = answer
	defer func() { vars[sources.VarResponse] = expr.Undefined() }()
	if text == nil {
		text = answer.AppendJSON(nil)
	}
	v, err := ref.Eval(at, vars, text, h)
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
		if n := listed(at.Path, text); wrong == "" && n > len(links) {
			return nil, fmt.Errorf("export.links: the answer lists %d files, and only %d of them have a URL there: is the path right?", n, len(links))
		}
		if wrong == "" {
			return links, nil
		}
		return nil, fmt.Errorf("export.links: expected the URLs of files, got %s among them", quote(wrong))
	case expr.KindUndefined:
		if listsNull(at.Path, text) {
			return links, nil
		}
		if paths := advice.URLs(text); len(paths) > 0 {
			return nil, fmt.Errorf("export.links: the answer of a job that is done has nothing there, and URLs at %s: write one of these paths", strings.Join(paths, ", "))
		}
		return nil, errors.New("export.links: the answer of a job that is done has nothing there: is the path right, and does done wait long enough?")
	}
	return nil, fmt.Errorf("export.links: expected a URL or a list of them, got %s", quote(string(v.AppendJSON(nil))))
}

// listed is how many files an answer lists, where the path to their links says: gjson
// leaves those out that have none.
func listed(path string, text []byte) int {
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

// listsNull reports whether an answer has null in place of the list that the path to the
// links leads into.
func listsNull(path string, text []byte) bool {
	list, _, in := strings.Cut(path, ".#")
	if !in {
		return false
	}
	found := gjson.GetBytes(text, list)
	return found.Exists() && found.Type == gjson.Null
}

// namesOf are the links without what signs them: what they are of stays the same when
// they are signed anew.
func namesOf(links []string) []string {
	names := slices.Clone(links)
	for i, link := range links {
		if u, err := url.Parse(link); err == nil {
			names[i] = uri.Unsigned(u).String()
		}
	}
	return names
}

// orderOf is a digest of which files links are to, in their order.
func orderOf(links []string) string {
	sum := sha256.Sum256([]byte(strings.Join(namesOf(links), "\n")))
	return hex.EncodeToString(sum[:8])
}

// inOrder returns the links of a further poll in the order of those before, where they
// are to the same files: an API may list them in another order each time.
func inOrder(links, before []string) []string {
	if before == nil || len(links) != len(before) {
		return links
	}
	at := make(map[string]string, len(links))
	for i, name := range namesOf(links) {
		at[name] = links[i]
	}
	ordered := make([]string, 0, len(links))
	for _, name := range namesOf(before) {
		link, there := at[name]
		if !there || len(at) < len(links) {
			return links
		}
		ordered = append(ordered, link)
	}
	return ordered
}

// others is the error of a job that has other files than a walk has read some of, or
// lists them in another order, so that nobody knows which ones those are.
func others(at *paging.Export, links []string) error {
	switch {
	case at.Files > 0 && int64(len(links)) != at.Files:
		return fmt.Errorf("the export's job has %d files now, and had %d: another one is asked for", len(links), at.Files)
	case at.Order != "" && at.Order != orderOf(links):
		return errors.New("the export's job lists other files than before, or in another order, so nobody knows which were read: another one is asked for")
	}
	return nil
}

package fetch

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// adviseOpening says what of pagination.open is likely wrong where the API refuses it;
// "" where nothing is known.
func (j *judge) adviseOpening(out *outgoing, status int) string {
	open := j.stream.Pagination.Session.Open
	if open == nil || !strings.HasPrefix(out.aside, openAside) {
		return ""
	}
	return j.addressed("pagination.open", open.Path, open.Method, status)
}

// addressed says which path or method of the definition an answer is about; "" where
// it is about neither.
func (j *judge) addressed(key string, path *expr.Template, method string, status int) string {
	switch status {
	case http.StatusNotFound:
		return fmt.Sprintf("is %s right? It says path: %s, behind base_url", key, j.secrets.Quote(path.Source()))
	case http.StatusMethodNotAllowed:
		return fmt.Sprintf("is the method right? By %s it is method: %s", key, method)
	}
	return ""
}

// adviseToken says what is likely wrong where the API refuses a request with the token
// of a page. That of the second page never did any good: the definition may send it to
// the wrong place.
func (j *judge) adviseToken(out *outgoing, status int) string {
	if j.pager.Position().Pages != 1 || status == http.StatusGone {
		return "the API no longer takes the page token: if that happens again and again, ask for less at a time"
	}
	key, path := "the stream", j.stream.Request.Path
	if then := j.stream.Pagination.AfterFirst; then != nil {
		key, path = "pagination.after_first", cmp.Or(then.Path, path)
	}
	if text := j.addressed(key, path, out.Method, status); text != "" {
		return text
	}
	return "it is the first one with a page token: is that where the API looks for it? " + j.tokenSent()
}

// tokenSent says where the definition puts the token of a page.
func (j *judge) tokenSent() string {
	p := &j.stream.Pagination
	switch s := &p.Sends; {
	case s.Param == sources.AllMembers:
		return `pagination.param: "*" sends its members as parameters`
	case s.Param != "":
		return fmt.Sprintf("pagination.param: %s sends it in the query", s.Param)
	case s.Header != "":
		return fmt.Sprintf("pagination.header: %s sends it there", s.Header)
	case s.BodyPath != "":
		return fmt.Sprintf("pagination.body: %s puts it there in the JSON body", s.BodyPath)
	}
	return "a template with page sends it, or the API's own link"
}

// adviseSession says of the first page that is asked for in a session what else may be
// wrong than what tip says.
func (j *judge) adviseSession(tip string) string {
	open := j.stream.Pagination.Session.Open
	if open == nil || !j.stream.SendsSession() || !j.pager.Position().First() {
		return tip
	}
	text := fmt.Sprintf("is page.session sent where the API wants it? It is what open answered at session: %s", j.secrets.Quote(valueOf(open)))
	if open.Value.IsZero() {
		text = "page.session is all of what open answered: where the API wants a member of it, name that, as open: {session: id}"
	}
	return also(tip, text)
}

// valueOf is how the definition names what of an answer to open is the session.
func valueOf(open *sources.Opening) string {
	switch r := open.Value; {
	case r.Template != nil:
		return r.Template.Source()
	case r.Header != "":
		return "header:" + r.Header
	default:
		return r.Path
	}
}

// mostPlaces is how many places of an answer are named, and how deep they lie.
const mostPlaces, mostDeep = 5, 4

// textPlaces are paths in an answer at which there is text: any may name a session.
func textPlaces(v gjson.Result, path string, depth int) (all []string) {
	switch {
	case v.Type == gjson.String && path != "":
		return []string{path}
	case !v.IsObject() || depth == mostDeep:
		return nil
	}
	v.ForEach(func(key, item gjson.Result) bool {
		place := gjson.Escape(key.String())
		if path != "" {
			place = path + "." + place
		}
		all = append(all, textPlaces(item, place, depth+1)...)
		return len(all) < mostPlaces
	})
	return all[:min(len(all), mostPlaces)]
}

// nothingThere is the error of an answer to open that does not have what session names.
func (s *conversation) nothingThere(page *Page) error {
	err := fmt.Errorf("pagination.open.session: the answer has nothing at %s", s.asker.client.Secrets.Quote(valueOf(s.rules.Open)))
	if places := textPlaces(gjson.ParseBytes(page.Body.Text), "", 0); len(places) > 0 {
		return fmt.Errorf("%w; it has text at %s: write session: %s", err, s.asker.client.Secrets.Quote(strings.Join(places, ", ")), s.asker.client.Secrets.Quote(places[0]))
	}
	return err
}

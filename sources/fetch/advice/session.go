package advice

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// Opening says what of pagination.open is likely wrong where the API refuses it; ""
// where nothing is known.
func (a Adviser) Opening(status int) string {
	open := a.Stream.Pagination.Session.Open
	return a.Addressed("pagination.open", open.Path, open.Method, status)
}

// Addressed says which path or method of the definition an answer is about; "" where
// it is about neither.
func (a Adviser) Addressed(key string, path *expr.Template, method string, status int) string {
	switch status {
	case http.StatusNotFound:
		return fmt.Sprintf("is %s right? It says path: %s, behind base_url", key, a.Quote(path.Source()))
	case http.StatusMethodNotAllowed:
		return fmt.Sprintf("is the method right? By %s it is method: %s", key, method)
	}
	return ""
}

// Token says what is likely wrong where the API refuses a request with the token
// of a page. That of the second page never did any good: the definition may send it to
// the wrong place.
func (a Adviser) Token(method string, status int) string {
	if a.Pager.Position().Pages != 1 || status == http.StatusGone {
		return "the API no longer takes the page token: if that happens again and again, ask for less at a time"
	}
	key, path := "the stream", a.Stream.Request.Path
	if then := a.Stream.Pagination.AfterFirst; then != nil {
		key, path = "pagination.after_first", cmp.Or(then.Path, path)
	}
	if text := a.Addressed(key, path, method, status); text != "" {
		return text
	}
	return "it is the first one with a page token: is that where the API looks for it? " + a.tokenSent()
}

// tokenSent says where the definition puts the token of a page.
func (a Adviser) tokenSent() string {
	p := &a.Stream.Pagination
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

// Session says what may be wrong where the first page that is asked for in a session is
// refused; "" elsewhere.
func (a Adviser) Session() string {
	open := a.Stream.Pagination.Session.Open
	if open == nil || !a.Stream.SendsSession() || !a.Pager.Position().First() {
		return ""
	}
	if open.Value.IsZero() {
		return "page.session is all of what open answered: where the API wants a member of it, name that, as open: {session: id}"
	}
	return fmt.Sprintf("is page.session sent where the API wants it? It is what open answered at session: %s", a.Quote(valueOf(open)))
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

// NoSession is the error of an answer to open that does not have what session names.
func (a Adviser) NoSession(body []byte) error {
	err := fmt.Errorf("pagination.open.session: the answer has nothing at %s", a.Quote(valueOf(a.Stream.Pagination.Session.Open)))
	if places := textPlaces(gjson.ParseBytes(body), "", 0); len(places) > 0 {
		return fmt.Errorf("%w; it has text at %s: write session: %s", err, a.Quote(strings.Join(places, ", ")), a.Quote(places[0]))
	}
	return err
}

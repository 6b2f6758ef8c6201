package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// tokenRequest is a request for a token.
type tokenRequest struct {
	members
	url   string
	json  bool // a JSON object, else a form
	basic bool // the client's id and secret go into a header
}

// id names what the token is for: whose it is, and where it is good.
func (r *tokenRequest) id() string { return r.url + "\n" + r.value("client_id").Text() }

// send sends the request. Its error is a *Failure, or that of ask.
func (r *tokenRequest) send(ctx context.Context, ask Ask) (*Answer, error) {
	u, err := uri.Parse(r.url)
	if err != nil {
		return nil, &Failure{Err: fmt.Errorf("auth.token_url: %w", err)}
	}
	body, kind := r.body()
	h := &http.Request{
		Method: http.MethodPost, URL: u, Header: r.header(kind), Host: u.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
	a, err := ask(ctx, h)
	return a, r.wrap(err)
}

// wrap says of an error which request it is about. It leaves the query out.
func (r *tokenRequest) wrap(err error) error {
	where, _, _ := strings.Cut(r.url, "?")
	return about("the token request POST "+where, err)
}

// about says of a failure what it is about.
func about(what string, err error) error {
	var f *Failure
	if !errors.As(err, &f) {
		return err
	}
	named := *f
	named.Err = fmt.Errorf("%s: %w", what, f.Err)
	return &named
}

func (r *tokenRequest) header(kind string) http.Header {
	h := http.Header{"Accept": {"application/json"}, "Content-Type": {kind}}
	if id := r.value("client_id").Text(); r.basic && id != "" {
		h.Set("Authorization", "Basic "+encode(formText(id), formText(r.value("client_secret").Text())))
	}
	return h
}

// formText is a text as forms write it: so RFC 6749 wants id and secret in Basic.
func formText(text string) string { return url.QueryEscape(text) }

func (r *tokenRequest) body() (body []byte, kind string) {
	var own members
	for i, name := range r.names {
		if !r.basic || name != "client_id" && name != "client_secret" {
			own.set(name, r.values[i])
		}
	}
	if r.json {
		return own.json(), "application/json"
	}
	var form uri.Pairs
	for i, name := range own.names {
		form = form.Set(name, own.values[i].Text())
	}
	return []byte(form.Encode()), "application/x-www-form-urlencoded"
}

// refusedLogin says why an answer to a login is none that helps. The place is the
// key of the definition that says where it went.
func refusedLogin(a *Answer, answer expr.Value, secrets *secret.Hider, place, wanted string) *Failure {
	f := &Failure{Later: a.Later, Wait: a.Wait, Advice: clockAdvice(a.Header)}
	said := fmt.Sprintf("answered %s", strings.TrimSpace(fmt.Sprint(a.Status, " ", http.StatusText(a.Status))))
	why := answer.Get("error").Text()
	if more := answer.Get("error_description").Text(); more != "" {
		why = strings.TrimPrefix(why+": "+more, ": ")
	}
	switch {
	case a.Status/100 == 3 && a.Header.Get("Location") != "":
		to := "another place"
		if u, err := url.Parse(a.Header.Get("Location")); err == nil {
			u.RawQuery, u.Fragment = "", ""
			to = u.String()
		}
		f.Err = fmt.Errorf("%s, a redirect to %s: that is likely a page for people to log in", said, secrets.Quote(to))
		f.Advice = "is the URL of the login right, with its https and its last slash?"
	case why != "" && a.Status != http.StatusOK || answer.Get("error").Truth():
		f.Err = fmt.Errorf("%s: %s", said, secrets.Quote(why))
		f.Advice = firstOf(f.Advice, firstOf(adviseURL(a.Status, place), adviseCode(answer.Get("error").Text(), place)))
	case a.Status/100 != 2:
		f.Err = fmt.Errorf("%s: %s", said, quoteBody(a, secrets))
		f.Advice = firstOf(f.Advice, firstOf(adviseURL(a.Status, place), "check the credentials, and the URL of the login"))
	case answer.Kind() == expr.KindUndefined && kindOf(a) == "HTML":
		f.Err = fmt.Errorf("%s, but with HTML: %s", said, quoteBody(a, secrets))
		f.Advice = "is the URL of the login right? this looks like a page for people"
	case answer.Kind() == expr.KindUndefined:
		f.Err = fmt.Errorf("%s, but with no JSON: %s", said, measure(a))
		f.Advice = "is the URL of the login right?"
	default:
		f.Err = fmt.Errorf("%s, but without %s%s", said, wanted, names(answer))
	}
	return f
}

// adviseCode says what to look at where a token request was refused for a reason of RFC
// 6749, section 5.2.
func adviseCode(code, place string) string {
	switch {
	case place != "auth.token_url":
	case code == "invalid_scope":
		return "check auth.scopes: the server does not give what they ask for, or wants others"
	case code == "unsupported_grant_type", code == "unauthorized_client":
		return "check auth.grant: the server does not give tokens to this client in that way"
	case code == "invalid_client":
		return "check the credentials, and auth.client_auth, which says where they go: some servers want them in the body, others in a header (basic)"
	}
	return "check the credentials"
}

// adviseURL says what is likely wrong where nothing takes logins; "" where
// something does.
func adviseURL(status int, place string) string {
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		return "is " + place + " right? Nothing takes a login there"
	}
	return ""
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func kindOf(a *Answer) string {
	if strings.Contains(a.Header.Get("Content-Type"), "html") || bytes.HasPrefix(bytes.TrimSpace(a.Body), []byte("<")) {
		return "HTML"
	}
	return "no JSON"
}

// measure says how long an answer is that is not to be shown: it went well, so there
// may be a token in it, which nobody knows, since nothing in it could be read.
func measure(a *Answer) string {
	switch n := len(a.Body); n {
	case 0:
		return "an empty body"
	case 1:
		return "1 byte, which is not shown: it may be a token"
	default:
		return fmt.Sprintf("%d bytes, which are not shown: there may be a token in them", n)
	}
}

// quoteBody is the beginning of an answer, without secrets.
func quoteBody(a *Answer, secrets *secret.Hider) string {
	text := strings.Join(strings.Fields(string(a.Body[:min(len(a.Body), 4<<10)])), " ")
	if text == "" {
		return "an empty body"
	}
	return secrets.Quote(text)
}

// farOff is how much the clocks may differ before that is worth saying.
const farOff = 2 * time.Minute

// clockAdvice says that this machine's clock is wrong by an answer's; "" where it
// is not.
func clockAdvice(h http.Header) string {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return ""
	}
	return ClockAdvice(at, time.Now())
}

// ClockAdvice says how far this machine's clock is from the API's; "" where that is
// not much.
func ClockAdvice(theirs, ours time.Time) string {
	switch off := ours.Sub(theirs); {
	case off > farOff:
		return fmt.Sprintf("the clock of this machine is %s ahead of the API's: set it right, what is signed or dated here is refused otherwise", off.Round(time.Second))
	case off < -farOff:
		return fmt.Sprintf("the clock of this machine is %s behind the API's: set it right, what is signed or dated here is refused otherwise", (-off).Round(time.Second))
	}
	return ""
}

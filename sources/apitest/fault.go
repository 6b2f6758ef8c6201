package apitest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Fault is something that goes wrong with one request. Faults are values: one
// may be used in many places. Several that strike the same request all do.
type Fault struct {
	name  string
	steps []step
}

// String returns the fault's name, as in the log: "cut", "429".
func (f Fault) String() string { return f.name }

// step is what a fault does at one stage of an exchange.
type step struct {
	stage stage
	do    func(x *exchange)
}

// stage is when a step is taken.
type stage int

const (
	onArrival stage = iota // nothing is decided yet: answer, or change the state
	onPage                 // the page is found: change it
	onBody                 // it is written as JSON: change the text
	onWire                 // the answer is ready: change its headers and how it travels
)

func at(s stage, name string, do func(x *exchange)) Fault {
	return Fault{name, []step{{s, do}}}
}

// All is several faults as one.
func All(faults ...Fault) Fault {
	all := Fault{name: names(faults)}
	for _, f := range faults {
		all.steps = append(all.steps, f.steps...)
	}
	return all
}

// names joins the names of faults: "429+header".
func names(faults []Fault) string {
	list := make([]string, len(faults))
	for i, f := range faults {
		list[i] = f.name
	}
	return strings.Join(list, "+")
}

// The faults that answer something else than a page. The page is then not
// looked for: a Scroll stays where it is.

// Status answers with a status and a JSON error. What more says is done to that
// answer: Status(429, RetryAfter("2")).
func Status(code int, more ...Fault) Fault {
	name := strings.ToLower(strings.ReplaceAll(http.StatusText(code), " ", "_"))
	if code == http.StatusTooManyRequests {
		name = "throttled"
	}
	f := Body(code, jsonType, string(errorBody(name, "this request was chosen to fail")))
	f.name = strconv.Itoa(code)
	for _, m := range more {
		f.steps = append(f.steps, m.steps...)
	}
	return f
}

// Body answers with this body, in place of any page.
func Body(status int, contentType, body string) Fault {
	return at(onArrival, "body", func(x *exchange) {
		x.respond(status, contentType, []byte(body))
	})
}

// HTML answers 200 with a login page.
func HTML() Fault {
	f := Body(http.StatusOK, "text/html; charset=utf-8",
		"<!DOCTYPE html>\n<html><head><title>Sign in</title></head>"+
			"<body><form method=\"post\"><input name=\"password\"></form></body></html>\n")
	f.name = "html"
	return f
}

// ExpireSessions kills all tokens that were given out before this request, its
// own too.
func ExpireSessions() Fault {
	return at(onArrival, "expire", func(x *exchange) { x.api.expire() })
}

// Header sets a header of the answer, Date and Content-Encoding too. An empty
// value takes it away.
func Header(name, value string) Fault {
	return at(onWire, "header", func(x *exchange) {
		if value == "" {
			// A key without values keeps net/http's server from adding its own.
			x.answer.header[http.CanonicalHeaderKey(name)] = nil
			return
		}
		x.answer.header.Set(name, value)
	})
}

// RetryAfter sets Retry-After to v, as it is.
func RetryAfter(v string) Fault { return Header("Retry-After", v) }

// RetryAfterDate sets Retry-After to the date that is d from the answer.
func RetryAfterDate(d time.Duration) Fault {
	return at(onWire, "header", func(x *exchange) {
		date := time.Now().Add(d).UTC().Format(http.TimeFormat)
		x.answer.header.Set("Retry-After", date)
	})
}

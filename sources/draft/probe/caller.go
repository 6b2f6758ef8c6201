package probe

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/draft/call"
)

// caller makes the calls of a look.
type caller struct {
	ctx    context.Context
	tape   *Tape
	spare  int  // calls that are left over
	strict bool // the API refuses parameters that it does not know
}

// attempts is how often a call is made that the API refuses for now, or does not take.
const attempts = 3

// ask makes a call. One that the API refuses for now is made again.
func (a *caller) ask(c *call.Call) (*Answer, error) {
	for attempt := 1; ; attempt++ {
		answer, err := a.askOnce(c)
		dns, _ := errors.AsType[*net.DNSError](err)
		again := notConnected(err) && (dns == nil || !dns.IsNotFound) || err == nil && forNow(answer.Status)
		if !again || attempt == attempts || a.tape.Recorded() {
			return answer, err
		}
		after := ""
		if err == nil {
			after = answer.Header.Get("Retry-After")
		}
		if err := a.wait(after); err != nil {
			return nil, err
		}
	}
}

func (a *caller) askOnce(c *call.Call) (*Answer, error) {
	r, err := c.Request(a.ctx)
	if err != nil {
		return nil, err
	}
	response, err := a.tape.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	return &Answer{response.StatusCode, response.Header, body}, nil
}

func forNow(status int) bool {
	return status == http.StatusTooManyRequests || status >= 500 && status != http.StatusNotImplemented
}

// longestWait is how long a look waits for an API that refuses for now.
const longestWait = 10 * time.Second

func (a *caller) wait(after string) error {
	pause := time.Second
	if n, err := strconv.Atoi(after); err == nil && n >= 0 {
		pause = time.Duration(n) * time.Second
	}
	timer := time.NewTimer(min(pause, longestWait))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-a.ctx.Done():
		return a.ctx.Err()
	}
}

// may reports whether n more calls may be made, with those left that are to be spared.
func (a *caller) may(n int) bool { return a.tape.Recorded() || a.tape.Left()-a.spare >= n }

// beginning is what is shown of an answer that is an error.
func beginning(body []byte) string {
	text := strings.ToValidUTF8(strings.Join(strings.Fields(string(body[:min(len(body), 300)])), " "), "")
	if strings.HasPrefix(text, "<") {
		return "a page of HTML"
	}
	return text
}

// refused takes note of an API that refuses what it does not know.
func (a *caller) refused(answer *Answer) {
	if answer != nil && answer.Status >= 400 && answer.Status < 500 && answer.Status != http.StatusTooManyRequests {
		a.strict = true
	}
}

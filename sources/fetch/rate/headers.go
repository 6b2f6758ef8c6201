package rate

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/times"
)

// Quota is what an answer tells of one of the API's limits.
type Quota struct {
	Name  string        // tells those of one API apart
	Most  int64         // requests that the limit allows; -1: not said
	Left  int64         // of them; -1: not said
	Reset time.Duration // until all are there again; 0: not said
}

// Quotas reads what headers tell of quotas, in the dialects that are in use:
//
//	RateLimit: limit=100, remaining=0, reset=7           an earlier draft of the IETF's
//	RateLimit: "minute";r=0;t=7, "day";r=50;t=900        the later ones
//	X-RateLimit-Remaining, -Reset, -Reset-After, -Limit  with whatever stands before and between
//	X-Shopify-Shop-Api-Call-Limit: 39/40
//
// A reset is a number of seconds, a time, or a count from 1970, by the server's
// clock. What cannot be read is not there.
func Quotas(h http.Header, server time.Time) (all []Quota) {
	for name, values := range h {
		if len(values) == 0 {
			continue
		}
		low := strings.ToLower(name)
		switch {
		case low == "ratelimit":
			all = append(all, draft(strings.Join(values, ", "))...)
		case strings.HasSuffix(low, "-api-call-limit"):
			all = append(all, bucket(low, values[0])...)
		case isQuota(low):
			all = append(all, triple(h, name, values[0], server)...)
		}
	}
	return all
}

// UsedUp reports whether nothing is left of one of them.
func UsedUp(all []Quota) bool {
	return slices.ContainsFunc(all, func(q Quota) bool { return q.Left == 0 })
}

// Remain reports whether they say how much is left, and something is of each.
func Remain(all []Quota) bool {
	return !UsedUp(all) && slices.ContainsFunc(all, func(q Quota) bool { return q.Left > 0 })
}

// Back is how long until all are there again of which nothing is left, or is not
// said to be.
func Back(all []Quota) (longest time.Duration) {
	for _, q := range all {
		if q.Left <= 0 {
			longest = max(longest, q.Reset)
		}
	}
	return longest
}

// isQuota reports whether a header, in small letters, says what is left of a
// quota, or when it is back where nothing else says what is left.
func isQuota(name string) bool {
	return (strings.Contains(name, "ratelimit") || strings.Contains(name, "rate-limit")) &&
		(strings.HasSuffix(name, "-remaining") || strings.HasSuffix(name, "-reset"))
}

// triple reads headers that differ in what they end with.
func triple(h http.Header, name, value string, server time.Time) []Quota {
	stem, last := name[:strings.LastIndexByte(name, '-')+1], name[strings.LastIndexByte(name, '-')+1:]
	q := Quota{Name: strings.ToLower(stem), Most: number(h.Get(stem + "Limit")), Left: -1}
	if strings.EqualFold(last, "reset") && h.Get(stem+"Remaining") != "" {
		return nil // Remaining stands for both
	}
	if strings.EqualFold(last, "remaining") {
		if q.Left = number(value); q.Left < 0 {
			return nil
		}
	}
	for _, which := range []string{"Resource", "Bucket"} { // GitHub's and Discord's
		q.Name += h.Get(stem + which)
	}
	for _, reset := range []string{"Reset-After", "Reset"} {
		if d, ok := Wait(h.Get(stem+reset), server); ok && q.Reset == 0 {
			q.Reset = d
		}
	}
	if n := number(h.Get(stem + "Interval-Milliseconds")); n > 0 && q.Reset == 0 { // HubSpot's
		q.Reset = time.Duration(min(n, int64(longestSeconds))) * time.Millisecond
	}
	if strings.Contains(q.Name, "secondly") && q.Reset == 0 {
		q.Reset = time.Second
	}
	return []Quota{q}
}

// bucket reads a header that says how much of a leaky bucket is full. Such ones
// leak at least once a second.
func bucket(name, value string) []Quota {
	used, most, _ := strings.Cut(value, "/")
	q := Quota{Name: name, Most: number(most), Reset: time.Second}
	if n := number(used); n >= 0 && q.Most > 0 {
		q.Left = max(0, q.Most-n)
		return []Quota{q}
	}
	return nil
}

// draft reads a RateLimit header in the form of either draft. A comma separates
// several quotas where they have names, and else the members of one.
func draft(text string) (all []Quota) {
	q := Quota{Name: "ratelimit", Most: -1, Left: -1}
	said := false
	next := func(name string) {
		if said {
			all = append(all, q)
		}
		q, said = Quota{Name: "ratelimit" + name, Most: -1, Left: -1}, false
	}
	for _, item := range unquoted(text, ',') {
		parts := unquoted(item, ';')
		if name := strings.TrimSpace(parts[0]); strings.HasPrefix(name, `"`) || len(parts) > 1 && !strings.Contains(name, "=") {
			next(name)
		}
		for _, part := range parts {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			n := number(value)
			if n < 0 {
				continue
			}
			switch name {
			case "limit":
				q.Most, said = n, true
			case "remaining", "r":
				q.Left, said = n, true
			case "reset", "t":
				q.Reset, said = time.Duration(min(n, int64(longestSeconds)))*time.Second, true
			}
		}
	}
	next("")
	return all
}

// unquoted splits a text at a character, but within quotes (RFC 9651).
func unquoted(text string, at byte) (parts []string) {
	quoted, from := false, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == at && !quoted:
			parts, from = append(parts, text[from:i]), i+1
		}
	}
	return append(parts, text[from:])
}

// number reads a count, -1 where the text is none.
func number(text string) int64 {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 63)
	if err != nil {
		return -1
	}
	return int64(n)
}

// Wait reads how long to wait: seconds, a duration, a count from 1970 or a date.
// What lies in the past is no wait.
func Wait(text string, now time.Time) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseFloat(text, 64); err == nil && n >= 0 && n <= longestSeconds {
		return time.Duration(n * float64(time.Second)), true
	} else if err == nil && !(n > 0) { // NaN too
		return 0, false
	}
	if t, err := times.Parse(text); err == nil {
		return max(0, t.Sub(now)), true
	}
	if d, err := times.ParseDuration(text); err == nil && d >= 0 {
		return d, true
	}
	return 0, false
}

// longestSeconds is the longest wait that a number says. A larger number is a
// count from 1970: as seconds it would be three years.
const longestSeconds = 1e8

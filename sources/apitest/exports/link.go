package exports

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// week is how long links live that have no LinkTTL.
const week = 7 * 24 * time.Hour

// links is what the API remembers of the links that it signed. The lock of the
// Server guards it.
type links struct {
	signed int            // how many, so that no two are the same
	killed int            // the first so many have expired, whatever they say
	uses   map[string]int // requests served by a signature
	origin string         // scheme and host of the latest request
}

// link makes a link to file n of a job, for the client that called.
func (e *Server) link(c *apitest.Call, id string, n int) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.links.sign(e, origin(c.URL()), id, n)
}

// sign makes a link; the caller holds the lock.
func (l *links) sign(e *Server, origin, id string, n int) string {
	path := fmt.Sprintf("%s/%s/%d", filesPath, id, n)
	base := cmp.Or(strings.TrimSuffix(e.FilesBase, "/"), origin)
	if e.Unsigned {
		return base + path
	}
	l.signed++
	expires := time.Now().Add(cmp.Or(e.LinkTTL, week)).UnixMilli()
	return fmt.Sprintf("%s%s?expires=%d&sig=%s", base, path, expires, signature(path, expires, l.signed))
}

// signature proves that the API made a link. It begins with the link's number.
func signature(path string, expires int64, number int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "apitest %s %d %d", path, expires, number))
	return fmt.Sprintf("%06d-%x", number, sum[:20])
}

// redeem counts a use of the link that a call follows. It returns why the link is no
// good, "" if it is.
func (l *links) redeem(e *Server, c *apitest.Call) (code, message string) {
	q := c.URL().Query()
	sig := q.Get("sig")
	expires, _ := strconv.ParseInt(q.Get("expires"), 10, 64)
	prefix, _, _ := strings.Cut(sig, "-")
	number, _ := strconv.Atoi(prefix)
	if sig != signature(c.URL().Path, expires, number) {
		return "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	used := e.LinkUses > 0 && l.uses[sig] >= e.LinkUses
	if used || number <= l.killed || time.Now().UnixMilli() > expires {
		return "AccessDenied", "Request has expired"
	}
	if l.uses == nil {
		l.uses = map[string]int{}
	}
	l.uses[sig]++
	return "", ""
}

package journal

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Key names an exchange: number N, from 0, of a walk over a partition, in its
// generation.
type Key struct {
	Pass, Partition string
	Generation, N   int
}

func (k Key) String() string {
	return fmt.Sprintf("exchange %d of partition %s, generation %d, pass %s", k.N, k.Partition, k.Generation, k.Pass)
}

// Exchange is one request and its final answer.
type Exchange struct {
	Key
	At       time.Time     // when the answer had come; read as UTC
	Took     time.Duration // from the request to then
	Request  string        // method and URL, redacted by the caller
	Digest   [16]byte      // of the request before auth
	Status   int
	Header   http.Header // values redacted by the caller; those that carry credentials are not kept
	Body     []byte      // as it came off the wire
	Attempts int         // requests that it took
	Records  int
	LeftOut  int64 // length of a body that is not here, since Each gives none over MaxWhole; else 0
	Tries    []Try // the attempts at it in their order, at most the last MostTries; nil: nobody wrote them down
}

// Try is one attempt at an exchange.
type Try struct {
	Waited time.Duration // for a rate, a turn, a pause or a poll, since the attempt before or since it was to be sent
	Took   time.Duration // from when it was sent until its answer had come, or until there was none
	Status int           // of the answer; 0: none came, or it broke off
}

// MostTries is how many attempts at one exchange are kept.
const MostTries = 64

// Asked is the digest of an exchange that stands for a request under way: no answer to
// it has come. The exchange, once it comes, takes its place, and so does Reject.
var Asked = [16]byte{'a', 's', 'k', 'e', 'd', ',', ' ', 'n', 'o', ' ', 'a', 'n', 's', 'w', 'e', 'r'}

// MaxWhole is the length in bytes of the longest body that Each gives.
const MaxWhole = 16 << 20

// Place is where an exchange lies.
type Place struct {
	segment uint32
	head    uint32 // length of prelude and head
	offset  int64
	body    int64 // bytes that the body takes
}

// end is the offset behind the exchange.
func (p Place) end() int64 { return p.offset + int64(p.head) + p.body }

// secretHeaders are not written, whatever the caller redacts, besides those
// that begin with Proxy-.
var secretHeaders = []string{
	"Authorization", "Authentication-Info", "Cookie", "Set-Cookie", "Set-Cookie2", "Www-Authenticate",
	"X-Api-Key", "X-Auth-Token", "X-Csrf-Token", "X-Amz-Security-Token",
}

func secret(name string) bool {
	return strings.HasPrefix(name, "Proxy-") || slices.Contains(secretHeaders, name)
}

// appendExchange writes a frame without its body over b, to be sealed. An
// exchange anew takes the place of another one.
func appendExchange(b []byte, e *Exchange, anew bool, f form) []byte {
	b = appendKey(newFrame(b), e.Key)
	b = appendInt(b, flag(anew))
	b = append(b, e.Digest[:]...)
	b = appendTime(b, e.At)
	b = appendInt(b, int(e.Took))
	b = appendText(b, e.Request)
	b = appendInt(b, e.Status)
	b = appendInt(b, e.Attempts)
	b = appendInt(b, e.Records)
	b = appendHeader(b, e.Header)
	return appendTries(appendForm(b, f), e.Tries)
}

// appendTries writes the attempts at an exchange, where they are known.
func appendTries(b []byte, all []Try) []byte {
	if len(all) == 0 {
		return b
	}
	all = all[max(0, len(all)-MostTries):]
	b = appendInt(appendInt(b, 1), len(all))
	for _, t := range all {
		b = appendInt(appendInt(appendInt(b, int(t.Waited)), int(t.Took)), t.Status)
	}
	return b
}

// tries reads the attempts at an exchange; nil where the head says nothing of them. What
// makes no sense is not there: nothing that is served depends on it.
func (d *decoder) tries() []Try {
	rest := decoder{b: d.b}
	if rest.int() != 1 {
		return nil
	}
	n := rest.count()
	if rest.bad || n > MostTries {
		return nil
	}
	all := make([]Try, n)
	for i := range all {
		all[i] = Try{Waited: time.Duration(rest.int()), Took: time.Duration(rest.int()), Status: rest.int()}
	}
	if rest.bad {
		return nil
	}
	return all
}

// appendHeader writes a count and then pairs, one for each value.
func appendHeader(b []byte, h http.Header) []byte {
	n := 0
	for name, values := range h {
		if !secret(http.CanonicalHeaderKey(name)) {
			n += len(values)
		}
	}
	b = appendInt(b, n)
	for name, values := range h {
		if secret(http.CanonicalHeaderKey(name)) {
			continue
		}
		for _, value := range values {
			b = appendText(appendText(b, name), value)
		}
	}
	return b
}

// readExchange reads all but the body, which takes so many bytes on disk, and
// how that lies there.
func readExchange(head []byte, stored int64) (*Exchange, form, bool) {
	d := decoder{b: head}
	k := d.key()
	d.int() // whether it is anew
	e := &Exchange{Key: Key{string(k.pass), string(k.partition), k.generation, k.n}}
	e.Digest = d.digest()
	e.At = d.time()
	e.Took = time.Duration(d.int())
	e.Request = d.text()
	e.Status, e.Attempts, e.Records = d.int(), d.int(), d.int()
	e.Header = d.header()
	f := d.form(stored)
	e.Tries = d.tries()
	return e, f, !d.bad
}

func (d *decoder) header() http.Header {
	n := d.count()
	// A pair is at least two bytes.
	if n > len(d.b)/2 {
		d.fail()
		return nil
	}
	h := make(http.Header, n)
	for range n {
		name := d.text()
		h[name] = append(h[name], d.text())
	}
	return h
}

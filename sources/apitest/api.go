package apitest

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// API is a set of collections and what goes wrong with them. It is an
// [http.RoundTripper] and an [http.Handler]; its methods are safe for
// concurrent use. Make one with [New].
type API struct {
	seed   uint64
	rules  []rule
	guards []guard
	before func(n int, r *http.Request)

	extension Extension // noExtension where there is none

	mu          sync.Mutex
	collections map[string]*collection
	log         []*Request
	perPath     map[string]int
	attempts    map[string]int
	last        map[string]*page
	sessions    sessions
	news        chan struct{} // closed when the next request arrives; nil: nobody waits
}

// Option sets up an [API].
type Option func(*API)

// New returns an API without collections.
func New(opts ...Option) *API {
	a := &API{collections: map[string]*collection{}, extension: noExtension{}}
	a.Reset()
	for _, opt := range opts {
		opt(a)
	}
	return a
}

// Seed fixes all chance: which requests [Chance] strikes, how pages are
// shuffled, how tokens are spelled. Without it the seed is 0.
func Seed(n uint64) Option {
	return func(a *API) { a.seed = n }
}

// Before sets a function that is called before each answer with the number of
// the request, on the goroutine that serves it. Over RoundTrip, a function that
// cancels the request's context makes it go unanswered.
func Before(f func(n int, r *http.Request)) Option {
	return func(a *API) { a.before = f }
}

// Add adds c, in place of an earlier collection of the same path, and returns
// a. Tokens that were given out keep their positions.
func (a *API) Add(c Collection) *API {
	if !strings.HasPrefix(c.Path, "/") {
		c.Path = "/" + c.Path
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.collections[c.Path] = &collection{Collection: c}
	return a
}

// Request is an entry in the API's log.
type Request struct {
	N      int       // from 1, in order of arrival
	Time   time.Time // of arrival
	Method string
	URL    *url.URL // absolute
	Header http.Header
	Body   []byte
	Status int    // of the answer; 0 while there is none, and where none was given
	Fault  string // names of the faults that struck, "" for none
}

// Requests returns the log: every request since New or Reset, in order of
// arrival.
func (a *API) Requests() []Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	log := make([]Request, len(a.log))
	for i, r := range a.log {
		log[i] = *r
		log[i].URL = clone(r.URL)
		log[i].Header = r.Header.Clone()
		log[i].Body = slices.Clone(r.Body)
	}
	return log
}

// Count returns how many requests arrived since New or Reset.
func (a *API) Count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.log)
}

// Await returns when n requests have arrived since New or Reset, or with the
// error of ctx.
func (a *API) Await(ctx context.Context, n int) error {
	for {
		a.mu.Lock()
		if a.news == nil {
			a.news = make(chan struct{})
		}
		news, got := a.news, len(a.log)
		a.mu.Unlock()
		if got >= n {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Reset forgets all requests, sessions and what its extension did: what comes next is request 1
// again, and the script begins anew. Tokens of styles without sessions stay good.
func (a *API) Reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.log = nil
	a.perPath = map[string]int{}
	a.attempts = map[string]int{}
	a.last = map[string]*page{}
	a.sessions = sessions{open: map[uint32]*session{}}
	a.extension.Reset()
}

// collection returns the collection at path.
func (a *API) collection(path string) (*collection, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c, ok := a.collections[path]
	return c, ok
}

// paths lists the collections, for those who asked for another one.
func (a *API) paths() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Sorted(maps.Keys(a.collections))
}

func clone(u *url.URL) *url.URL {
	c := *u
	return &c
}

package sources

import (
	"cmp"
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/pattern"
	"github.com/tap-rest/tap-rest/sources/settings"
)

// Complete fills in what a loader left out, so that every format of definition
// has the same defaults. What is there stays; to complete twice does no harm.
func (d *Definition) Complete() {
	if d.Settings == nil {
		d.Settings = settings.None()
	}
	for _, s := range d.Streams {
		s.Complete()
	}
	for _, jobs := range []bool{false, true} { // a check should cost no job
		for _, s := range d.Streams {
			if d.Check == "" && !s.HasParent() && jobs == (s.Pagination.Export != nil) {
				d.Check = s.Name
			}
		}
	}
	shareJobs(d)
}

// Complete is [Definition.Complete] of one stream.
func (s *Stream) Complete() {
	if s.Client == nil {
		s.Client = &Client{}
	}
	s.Client.complete(s.Request.Path)
	s.Request.complete()
	s.Call.Timeout = cmp.Or(s.Call.Timeout, 60*time.Second)
	s.Call.Retry = cmp.Or(s.Call.Retry, DefaultRetry())
	if len(s.Records.Steps) == 0 {
		s.Records.Steps = []string{"@this"}
	}
	if s.Keys == nil {
		s.Keys = []string{}
	}
	s.Schema.OnInvalid = cmp.Or(s.Schema.OnInvalid, Fail)
	s.Schema.OnNewField = cmp.Or(s.Schema.OnNewField, Evolve)
	if s.Known.MaxDeletes.IsZero() {
		s.Known.MaxDeletes, _ = ParseShare("20%")
	}
	s.Pagination.complete()
	if s.Incremental != nil {
		s.Incremental.complete()
	}
}

// DefaultRetry is how often and how patiently a request is repeated where
// nobody says.
func DefaultRetry() Retry {
	return Retry{Attempts: 5, MinWait: time.Second, MaxWait: 60 * time.Second, CoolDown: 2 * time.Minute, Rests: 3}
}

func (c *Client) complete(path *expr.Template) {
	if c.BaseURL == nil {
		if c.BaseURL, _ = newScopes()[InRequest].Compile(Origin(path)); c.BaseURL == nil {
			c.BaseURL, _ = newScopes()[InRequest].Compile("") // what is wrong with the text was said of path
		}
	}
	if c.Auth == nil {
		c.Auth = &Auth{Type: AuthNone}
	}
	c.MaxInFlight = cmp.Or(c.MaxInFlight, 4)
}

// originText is a URL up to its path. Templates may stand in its host.
var originText = pattern.New(`^(?i:https?)://(?:\{\{.*?\}\}|[^/?#{])+`)

// Origin returns the scheme and host of a path that is an absolute URL, "" of
// another: such a stream stands alone, base_url is not for it.
func Origin(path *expr.Template) string {
	if path == nil {
		return ""
	}
	return originText().FindString(path.Source())
}

func (r *Request) complete() {
	if r.Method == "" && r.Body != nil {
		r.Method = "POST"
	}
	r.Method = cmp.Or(r.Method, "GET")
}

func (p *Pagination) complete() {
	p.Type = cmp.Or(p.Type, PaginateNone)
	if p.Type == PaginateLinkHeader {
		p.Rel = cmp.Or(p.Rel, "next")
	}
	if open := p.Session.Open; open != nil {
		open.Method = cmp.Or(open.Method, "POST")
	}
	if end := p.Session.Close; end != nil {
		end.Method = cmp.Or(end.Method, "DELETE")
	}
	p.Export.complete()
}

func (e *Export) complete() {
	if e == nil {
		return
	}
	e.Submit.Method = cmp.Or(e.Submit.Method, "POST")
	if e.Poll != nil {
		e.Poll.complete()
	}
	if e.Remove != nil {
		e.Remove.Method = cmp.Or(e.Remove.Method, "DELETE")
	}
	e.Every, e.Timeout = cmp.Or(e.Every, PollEvery), cmp.Or(e.Timeout, ExportWithin)
}

func (i *Incremental) complete() {
	i.Windows.Format = cmp.Or(i.Windows.Format, "rfc3339")
	i.Windows.Timezone = cmp.Or(i.Windows.Timezone, time.UTC)
	i.RecordTimes.Timezone = cmp.Or(i.RecordTimes.Timezone, i.Windows.Timezone)
}

// HasParent reports whether the stream is read for each record of another.
func (s *Stream) HasParent() bool {
	for _, p := range s.PartitionBy {
		if p.Parent != "" {
			return true
		}
	}
	return false
}

// HasChildren reports whether another stream is read for each record of the one of
// that name.
func (d *Definition) HasChildren(name string) bool {
	for _, s := range d.Streams {
		for _, p := range s.PartitionBy {
			if p.Parent == name {
				return true
			}
		}
	}
	return false
}

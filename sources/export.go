package sources

import (
	"encoding/json"
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
)

// Export is a job that an API is asked to do, and whose files hold the records. The
// stream's own Request downloads one of them.
type Export struct {
	Submit  Request        // asks for the job
	Poll    *Request       // asks how it stands, over ExportScope; nil: the answer to Submit says it
	Every   time.Duration  // between two polls, at first
	Timeout time.Duration  // of the job, from its submission on
	Done    *expr.Template // over ExportScope; nil: whatever is no failure is done
	Failed  *expr.Template // likewise; nil: no answer says so
	Links   Ref            // one, or a list of them; absent: the answer that is done is the file
	Remove  *Request       // once the files came, and after a failure; nil: nothing is removed
	MaxJobs int            // of the client at a time; 0: no limit
	Shared  []string       // the streams of the client that ask for the same: all read one job; nil: it is the only one
}

// shareJobs finds the streams that ask for the same jobs.
func shareJobs(d *Definition) {
	type submission struct {
		client *Client
		text   string
	}
	all := map[submission][]*Stream{}
	for _, s := range d.Streams {
		e := s.Pagination.Export
		if e == nil {
			continue
		}
		text, err := json.Marshal(e.Submit)
		if err != nil {
			panic("sources: a model that is not JSON: " + err.Error()) // templates and values are
		}
		of := submission{s.Client, string(text)}
		all[of] = append(all[of], s)
	}
	for _, streams := range all {
		if len(streams) == 1 {
			continue
		}
		var names []string
		for _, s := range streams {
			names = append(names, s.Name)
		}
		for _, s := range streams {
			s.Pagination.Export.Shared = names
		}
	}
}

// each reports whether a request about the job is one of those; nil has none.
func (e *Export) each(visit func(*Request) bool) bool {
	return e != nil && (visit(&e.Submit) || e.Poll != nil && visit(e.Poll) || e.Remove != nil && visit(e.Remove))
}

// conditions are the templates over answers about the job; nil has none.
func (e *Export) conditions() []*expr.Template {
	if e == nil {
		return nil
	}
	return []*expr.Template{e.Done, e.Failed, e.Links.Template}
}

// The waits between two polls, and how long a job may take, where nobody says.
const (
	PollEvery    = 10 * time.Second
	PollAtMost   = 60 * time.Second // it grows up to this
	ExportWithin = 2 * time.Hour
)

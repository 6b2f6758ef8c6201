package sources

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/settings"
	"github.com/tap-rest/tap-rest/sources/times"
)

// Definition is an API as its file describes it, inheritance applied. What is
// never nil here may be left out by who makes one, until [Definition.Complete].
type Definition struct {
	Version     int
	Name        string
	Description string
	File        string             // where it was read, for messages
	Digest      string             // of all that it says, comments and the order of keys apart, with the files that it names; "": not known
	Settings    *settings.Settings // never nil
	Check       string             // name of the stream whose first page proves the settings
	Streams     []*Stream          // in the order of the file; never empty
	Warnings    document.Problems  // what is likely a mistake, and may be meant
}

// Stream returns the stream of that name, nil if there is none.
func (d *Definition) Stream(name string) *Stream {
	for _, s := range d.Streams {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Names are those of the streams that a user knows: not of listings that are read for
// their files alone.
func (d *Definition) Names() (names []string) {
	for _, s := range d.Streams {
		if !s.Loaded.Hidden {
			names = append(names, s.Name)
		}
	}
	return names
}

// Client is what streams share: a host, its credentials and its pace. Streams
// that set none of its keys themselves share one *Client, and so one pace.
type Client struct {
	BaseURL     *expr.Template // never nil; the origin of a path that is a URL itself
	Auth        *Auth          // never nil
	RateLimits  []RateLimit
	MaxInFlight int      // requests at a time, at least 1
	AllowHosts  []string // further hosts that links and redirects may lead to
	TLS         *TLS     // nil: none of its own
}

// RateLimit allows Requests requests in every Per, or as many as cost Points.
type RateLimit struct {
	Requests  int  // 0: it counts points
	Points    Cost // 0: it counts requests
	Per       time.Duration
	Match     string         // paths of URLs that it counts, where * stands for anything; "": all
	Shared    bool           // all processes of this machine keep to it together
	Remaining *expr.Template // over ResponseScope: what is left of it; nil: no answer says
	Reset     *expr.Template // likewise, when all of it is there again; nil: it comes back evenly
}

// Retry says how often and how patiently a request is repeated.
type Retry struct {
	Attempts int           // in all, at least 1
	MinWait  time.Duration // before the second attempt
	MaxWait  time.Duration
	CoolDown time.Duration // how long a client rests when attempts are used up
	Rests    int           // cool_downs: how often it does
}

// Stream is one collection of the API and everything needed to read it.
type Stream struct {
	Name    string
	Client  *Client
	Request Request
	Call    Call
	Text    Text
	Records Records
	Keys    []string // primary_key
	// ReplicationKey is empty for a full-table stream.
	ReplicationKey string
	Pagination     Pagination
	Incremental    *Incremental      // nil for a full-table stream
	PartitionBy    []PartitionSource // empty: one partition
	Schema         Schema
	Known          Known
	OnIncomplete   Policy // "": Fail where the definition's own keys contradict the end, else Warn
	Loaded         Loaded
}

// Loaded is what a loader says of a stream besides what it is.
type Loaded struct {
	Line   int    // of the definition's file, from 1
	Hidden bool   // it is read for its children alone, and no catalog shows it
	Shape  string // what the loader has always hashed for [Config.Shape]; "": the model is
}

// Call says how a request is made, and what its answers lead to.
type Call struct {
	Timeout time.Duration // without a byte
	Cookies bool          // those that answers set are sent again, as long as a walk goes on
	Retry   Retry
	Errors  []ErrorRule // asked in order, before the built-in rules
	// Cost is what an answer costs: a number, or a template over ResponseScope; nil:
	// nothing.
	Cost *expr.Template
}

// KnownCost is what each request costs, where that is known before its answer.
func (c Call) KnownCost() (Cost, bool) {
	if c.Cost == nil {
		return 0, true
	}
	v, constant := c.Cost.Const()
	if !constant {
		return 0, false
	}
	return CostOf(v)
}

// Schema is the JSON Schema of a stream's records, and what happens to those
// that do not fit.
type Schema struct {
	Text       json.RawMessage // as given, from the file or inline; nil: inferred
	File       string          // where Text was read, "" when inline
	OnInvalid  Policy
	OnNewField Policy
}

// Known says what is made of what an earlier run knew of a stream's records.
type Known struct {
	SkipUnchanged bool  // those that did not change since they left last are left out
	ETag          bool  // pages that did not change since the last finished pass do not come again
	MarkDeleted   bool  // on_delete: mark
	MaxDeletes    Share // with MarkDeleted: more is an error
}

// Text says how the bytes of answers are JSON text, or become it.
type Text struct {
	Decode  Decode
	Charset string // by the WHATWG's name; "" is UTF-8
	NullNaN bool   // NaN, Infinity and -Infinity are null
}

// Policy says what happens to a record that does not fit, or to a walk whose
// end is in doubt.
type Policy string

// The policies of on_invalid (fail, pass, quarantine, nullify), of
// on_new_field (evolve, pass, drop, fail) and of on_incomplete (fail, warn, again).
const (
	Fail       Policy = "fail"
	Pass       Policy = "pass"
	Quarantine Policy = "quarantine"
	Nullify    Policy = "nullify"
	Evolve     Policy = "evolve"
	Drop       Policy = "drop"
	Warn       Policy = "warn"
	Again      Policy = "again"
)

// Request is what is sent for a page. Where it stands in
// [Pagination].AfterFirst, nil parts keep the stream's own, empty ones take them away.
type Request struct {
	Method  string         // "" in AfterFirst: as the stream's
	Path    *expr.Template // appended to Client.BaseURL, or an absolute URL
	Params  []Param
	Headers []Param
	Body    *Body // nil: none
	File    bool  // it is for a file, whose URL may be signed, and on any host
}

// Param is a named value, in the order of the file.
type Param struct {
	Name  string
	Value Tree
}

// BodyKind is how a request's body is written.
type BodyKind string

// The kinds of body.
const (
	BodyJSON    BodyKind = "json"
	BodyForm    BodyKind = "form"
	BodyText    BodyKind = "text"
	BodyGraphQL BodyKind = "graphql"
)

// Body holds the parts of its kind; those of other kinds are zero.
type Body struct {
	Kind      BodyKind
	JSON      Tree           // json
	Form      []Param        // form
	Text      *expr.Template // text
	Query     *expr.Template // graphql
	Variables []Param        // graphql
}

// Records says where the records of a body lie, and what is made of them.
type Records struct {
	Steps          []string       // gjson paths; "@this" is the body; several: the lines of each element
	Single         bool           // the place holds one record
	Keyed          string         // the place holds an object of records; its keys go into this field
	Columns        []string       // rows are arrays or bare values under these names
	ColumnsPath    string         // or the path to the names
	ShortRows      bool           // rows with fewer values than columns are filled up with nulls
	OneOrMany      bool           // one record, or parent, may stand without a list around it
	MissingIsEmpty bool           // on_missing: empty
	Keep           *expr.Template // nil: every record
	Add            []Param        // fields set in each record
}

// Ref is a path into an answer or a template over it. The zero Ref is absent.
type Ref struct {
	Path     string         // gjson path into the body
	Header   string         // name of a header, canonical form
	Template *expr.Template // over ResponseScope
}

// NamedRef is a Ref under a name.
type NamedRef struct {
	Name string
	Ref  Ref
}

// IsZero reports whether the definition has no such key.
func (r Ref) IsZero() bool { return r.Path == "" && r.Header == "" && r.Template == nil }

// SplitPath cuts a path at its points, but for those behind a backslash.
func SplitPath(path string) []string {
	keys := []string{""}
	for i := 0; i < len(path); i++ {
		last := &keys[len(keys)-1]
		switch {
		case path[i] == '\\' && i+1 < len(path):
			i++
			*last += path[i : i+1]
		case path[i] == '.':
			keys = append(keys, "")
		default:
			*last += path[i : i+1]
		}
	}
	return keys
}

// IsHeaderName reports whether a header may bear the name: a token of RFC 9110.
func IsHeaderName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// Action is what an error rule does.
type Action string

// The actions.
const (
	DoRetry Action = "retry"
	DoNext  Action = "next"
	DoSkip  Action = "skip"
	DoFail  Action = "fail"
	DoEnd   Action = "end"
	DoSplit Action = "split"
	// DoCoolDown rests the client, DoRestart begins the walk anew, DoLogin logs in
	// and asks once more.
	DoCoolDown Action = "cool_down"
	DoRestart  Action = "restart"
	// DoSmallerPage asks again for half as many records.
	DoSmallerPage Action = "smaller_page"
	// DoPage takes an answer for a page though it is an error, or has errors.
	DoPage  Action = "page"
	DoLogin Action = "login"
)

// ErrorRule matches an answer when Status and When both do.
type ErrorRule struct {
	Status  []StatusRange  // empty: any
	When    *expr.Template // over ResponseScope; nil: always
	Do      Action
	Wait    *expr.Template // retry: duration, seconds, epoch or date; nil: as Retry says
	Message *expr.Template // nil: none
}

// StatusRange holds the HTTP status codes From to To, both included, or one of those
// that stand for the lack of an answer.
type StatusRange struct{ From, To int }

// What stands in the place of a status where there is no answer that could be judged:
// it came too late, or is too large.
const (
	StatusTimeout  = -1
	StatusTooLarge = -2
)

// Holds reports whether a status is one of the range's.
func (r StatusRange) Holds(status int) bool { return r.From <= status && status <= r.To }

// Incremental says how a stream is asked for what is new.
type Incremental struct {
	Start         *expr.Template // nil: from the beginning
	End           *expr.Template // nil: now
	Windows       Windows
	RecordTimes   RecordTimes
	Lookback      times.Span
	Settle        time.Duration
	Sorted        bool
	ClientFilter  bool
	Bookmark      Ref  // the last answer says where to go on,
	BookmarkFirst bool // or the first one
}

// Windows says how the time of a stream is cut, and how requests write it.
type Windows struct {
	Length         times.Span     // window; 0: one window up to now
	Format         string         // rfc3339, date, epoch, epoch_ms, integer or strftime text
	Timezone       *time.Location // also of start and end; never nil
	Whole          bool           // whole_windows
	StartExclusive bool
	EndInclusive   bool
}

// RecordTimes says how records write the replication key.
type RecordTimes struct {
	Format   string         // strftime; "": recognised
	Timezone *time.Location // of times that name none; never nil
}

// FileKey is the value of a context that says which file is read: its URL, without
// what signs it.
const FileKey = "file"

// PartitionSource is one entry of partition_by.
type PartitionSource struct {
	Name        string // with Values
	Values      Tree
	Parent      string // with Keys
	Keys        []Param
	When        *expr.Template
	ChangedOnly bool
	File        *expr.Template // with Parent: the URL of the file that its record names, over RecordScope; nil: it names none
	Batch       int            // so many parents' keys are lists in one context; below 2: each by itself
	Line        int            `json:"-"` // of the definition's file, from 1
}

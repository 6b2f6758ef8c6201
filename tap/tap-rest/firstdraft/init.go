package firstdraft

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/call"
	"github.com/tap-rest/tap-rest/sources/draft/curl"
	"github.com/tap-rest/tap-rest/sources/draft/har"
	"github.com/tap-rest/tap-rest/sources/draft/probe"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/tap-rest/inputs"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// Cmd writes a definition of an API from what describes it.
type Cmd struct {
	Source []string `arg:"" help:"A line of curl in quotes or a URL, or several of one API; or a file: HAR, OpenAPI, OData, a collection of Postman, say; - is stdin."`
	Output string   `short:"o" placeholder:"FILE" help:"Where the definition goes. Without it: NAME.yaml on a terminal, else stdout."`
	Yes    bool     `short:"y" help:"Ask nothing: take what is likeliest, replace files, and put secrets into the config (0600)."`
	Stream []string `placeholder:"NAME" help:"What the stream is called; of a source that has several: those to take."`
	From   string   `placeholder:"WHAT" help:"What the source is, where it is not recognised: ${readers}."`
	Calls  int      `default:"8" help:"How often the API may be asked; 0: not once."`
	Header []string `short:"H" sep:"none" placeholder:"TEXT" help:"Of a URL: a header, as curl takes it."`
	User   string   `short:"u" placeholder:"USER:PASSWORD" help:"Of a URL: basic authentication."`
}

// reader is a kind of source.
type reader struct {
	name      string // of --from
	what      string // in messages
	looksLike func(text []byte) bool
	read      func(text []byte, in *survey) (*draft.Definition, error)
}

// readers are the kinds of sources, those that are surest first.
var readers = slices.Concat([]reader{
	{"har", "a HAR file, which a browser's network tab saves", har.LooksLike, readHAR},
	{"curl", "a line of curl", curl.LooksLike, readCurl},
}, documents, []reader{
	{"url", "a URL", looksLikeURL, readURL},
})

// ReaderNames are for help and messages.
func ReaderNames() string {
	names := make([]string, len(readers))
	for i, r := range readers {
		names[i] = r.name
	}
	return strings.Join(names, ", ")
}

// survey is what a reader is told, and what it tells besides the definition.
type survey struct {
	stop    context.Context
	file    string   // of the source; "": it stood in the command line
	streams []string // that are to be taken, or how the only one is called
	calls   int      // that may be made
	headers []string
	user    string
	ask     *asker // a person, where there is one
	say     func(format string, args ...any)
	where   func(name string) error // asks where the definition of that name goes; nil: nobody needs to know
	api     http.RoundTripper       // by which calls are made

	settings []call.Setting // and the values that the source has for them
	tape     *probe.Tape    // that answers a preview; nil: the source has no answers
	first    int            // records on the first page of that
}

// Run reads the source and writes the definition.
func (c *Cmd) Run(rt *program.Runtime) error {
	out, err := c.prepare(rt)
	if err != nil {
		return &tap.InputError{Err: err}
	}
	in := &survey{
		stop: rt.Stop, streams: c.Stream, calls: c.Calls, headers: c.Header, user: c.User,
		ask: out.ask, say: rt.Console.Say, where: out.where, api: patient(),
	}
	d, err := c.read(in)
	if err != nil {
		return err
	}
	return out.write(d, in)
}

// read reads the source.
func (c *Cmd) read(in *survey) (*draft.Definition, error) {
	if areRequests(c.Source) {
		return readSeveral(c.Source, in)
	}
	text, file, err := c.text()
	if err != nil {
		return nil, &tap.InputError{Err: err}
	}
	r, err := c.reader(text, file)
	if err != nil {
		return nil, &tap.InputError{Err: err}
	}
	if r.name == "curl" && (len(in.headers) > 0 || in.user != "") {
		return nil, &tap.InputError{Err: ErrUnquoted}
	}
	in.file = file
	return r.read(text, in)
}

// ErrUnquoted is what a line of curl without quotes around it is told: the shell has taken
// it apart, and flags of it are not init's.
var ErrUnquoted = errors.New(`init: a flag of the line of curl stands outside the line: put all of the line into quotes, as in tap-rest init 'curl -H "…" https://…'`)

// text returns the source, and the name of its file if it has one.
func (c *Cmd) text() (text []byte, file string, err error) {
	line := strings.Join(c.Source, " ")
	switch {
	case line == "-":
		text, err = inputs.ReadStdin()
		return text, "", err
	case curl.LooksLike([]byte(line)), looksLikeURL([]byte(line)):
		return []byte(line), "", nil
	}
	text, err = inputs.ReadFile("init", line)
	if word, found := copied(line); found && err != nil {
		err = fmt.Errorf("init: the source is a line of %s, which init does not read: copy the request as cURL, which browsers offer beside it", word)
	} else if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENAMETOOLONG) {
		err = fmt.Errorf("init: %q is neither a file nor a line of curl nor a URL; write it as tap-rest init 'curl …', in quotes", firstWord(line))
	}
	return text, line, err
}

// copied returns what else browsers copy a request as.
func copied(line string) (word string, found bool) {
	lower := strings.ToLower(strings.TrimSpace(line))
	for begins, word := range map[string]string{"invoke-webrequest ": "PowerShell", "invoke-restmethod ": "PowerShell", "$session": "PowerShell", "fetch(": "JavaScript", "await fetch(": "JavaScript"} {
		if strings.HasPrefix(lower, begins) {
			return word, true
		}
	}
	return "", false
}

// firstWord is what a message shows of a source: the beginning alone, since secrets
// may stand behind it.
func firstWord(line string) string {
	first, _, more := strings.Cut(line, " ")
	if more {
		first += " …"
	}
	return first
}

// reader returns the reader of a source, which stands in a file where it has a name.
func (c *Cmd) reader(text []byte, file string) (*reader, error) {
	for i := range readers {
		if c.From == readers[i].name || c.From == "" && readers[i].looksLike(text) {
			return &readers[i], nil
		}
	}
	if c.From != "" {
		return nil, fmt.Errorf("init: --from %s is none of %s", c.From, ReaderNames())
	}
	return nil, fmt.Errorf("init: %s %s; init reads these, and --from names the one that it is: %s", cmp.Or(file, "the source"), unknownSource(text), ReaderNames())
}

// unknownSource says what a source is that has no reader.
func unknownSource(text []byte) string {
	kind, _, _ := strings.Cut(http.DetectContentType(text), ";")
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return "is empty"
	case kind == "text/html":
		return "is a page of HTML: save the document that the page shows, not the page"
	case json.Valid(text):
		return "is JSON, and shows no sign of what init reads"
	case !strings.HasPrefix(kind, "text/"):
		return "is a file of type " + kind + ", which init does not read"
	}
	return "is a text that shows no sign of what init reads"
}

func looksLikeURL(text []byte) bool {
	line := bytes.TrimSpace(text)
	lower := bytes.ToLower(line[:min(len(line), 8)])
	return !bytes.ContainsAny(line, "\n<>") && (bytes.HasPrefix(lower, []byte("http://")) || bytes.HasPrefix(lower, []byte("https://")))
}

// answerWithin is how long the API may take to begin an answer.
const answerWithin = time.Minute

// patient makes the calls.
func patient() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = answerWithin
	return t
}

package firstdraft

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/call"
	"github.com/tap-rest/tap-rest/sources/draft/curl"
	"github.com/tap-rest/tap-rest/sources/draft/probe"
	"github.com/tap-rest/tap-rest/sources/pattern"
	"github.com/tap-rest/tap-rest/sources/secret"
	"github.com/tap-rest/tap-rest/tap"
)

// readCurl reads a line of curl.
func readCurl(text []byte, in *survey) (*draft.Definition, error) {
	c, remarks, err := curl.Parse(string(text), os.LookupEnv)
	if err != nil {
		return nil, &tap.InputError{Err: fmt.Errorf("init: %w", err)}
	}
	for _, remark := range remarks {
		in.say("curl: %s", remark)
	}
	return readCall(c, remarks, in)
}

// readURL reads a URL, with the headers and the user of the command line.
func readURL(text []byte, in *survey) (*draft.Definition, error) {
	line := []string{"curl", "--url", string(bytes.TrimSpace(text))}
	for _, header := range in.headers {
		line = append(line, "-H", header)
	}
	if in.user != "" {
		line = append(line, "-u", in.user)
	}
	c, remarks, err := curl.ParseWords(line)
	if err != nil {
		return nil, &tap.InputError{Err: fmt.Errorf("init: %w", err)}
	}
	return readCall(c, remarks, in)
}

// forPreview is how many calls are left for the preview, which asks as a run does. It
// goes on to the second page where calls are left.
const forPreview = 1

// readCall makes a definition of one request, and asks the API what the request does
// not say.
func readCall(c *call.Call, remarks []string, in *survey) (*draft.Definition, error) {
	described := c.Describe()
	in.settings = described.Settings
	name := described.Name
	if len(in.streams) > 0 {
		name = in.streams[0]
	} else {
		name = in.ask.text(name, "What is the stream called?")
	}
	if in.where != nil { // before a call is made that may cost something
		if err := in.where(call.APIName(described.Host, name)); err != nil {
			return nil, err
		}
	}
	d, found := new(draft.Definition), &probe.Found{Fields: unasked()}
	if in.calls <= 0 {
		d.Head = append(d.Head, "Written by tap-rest init from a request, without a call: nothing of it is proven.")
	} else {
		var err error
		if found, err = lookAt(c, name, d, in); err != nil {
			return nil, err
		}
		described = found.Call.Describe()
		in.settings = described.Settings
		if len(in.streams) == 0 && name == call.Nameless {
			name = nameIn(found, name)
		}
	}
	writeCall(d, name, described, found)
	redact(d, in)
	for _, remark := range remarks {
		d.Left = append(d.Left, "curl: "+remark)
	}
	d.Left = slices.Concat(d.Left, described.Left, found.Remarks)
	return d, nil
}

// lookAt asks the API.
func lookAt(c *call.Call, name string, d *draft.Definition, in *survey) (*probe.Found, error) {
	in.tape = probe.NewTape(in.api, in.calls)
	in.say("Asking %s, %d times at most.", c.URL.Host, in.calls)
	found, err := probe.Look(in.stop, c, probe.Options{Tape: in.tape, Name: name, Choose: in.ask.choose, Spare: forPreview})
	if err != nil {
		return nil, asked(err, c.URL.Host, in)
	}
	if in.tape.Left() > 1 {
		in.first = found.First
	}
	d.Head = append(d.Head, "Written by tap-rest init. What stands beside a line is what proves it.")
	for _, guess := range found.Guesses {
		d.Head = append(d.Head, "Guessed: "+guess+".")
		in.say("guessed: %s", hidden(in, guess))
	}
	d.Head = append(d.Head, found.Notes...)
	return found, nil
}

// nameIn is how the answer calls the records, where the address does not: the last word on
// the way to them that is a name.
func nameIn(found *probe.Found, absent string) string {
	for _, e := range found.Records {
		path, _ := e.Value.(string)
		for _, step := range slices.Backward(strings.Split(path, ".")) {
			if e.Key == "records" && plainStep().MatchString(step) && !slices.Contains([]string{"data", "nodes", "node", "edges", "items", "results", "records", "hits", "value"}, step) {
				return step
			}
		}
	}
	return absent
}

var plainStep = pattern.New(`^[A-Za-z_][A-Za-z0-9_]{1,40}$`)

// unasked is what a definition lacks for which no call was made.
func unasked() []draft.Entry {
	return []draft.Entry{
		{Key: "records", Value: "data", Open: true, Note: "Where in the answer are the records?"},
		{Key: "primary_key", Value: []any{"id"}, Open: true, Note: "Which fields tell them apart?"},
		{Key: "pagination", Value: new(draft.Map).Set("type", "page", "").Set("param", "page", ""), Open: true, Note: "How does the API page?"},
	}
}

// writeCall writes the definition of a request and of what was found.
func writeCall(d *draft.Definition, name string, described *call.Described, found *probe.Found) {
	d.Root.Set("version", 1, "").Set("name", call.APIName(described.Host, name), "")
	call.AppendSettings(&d.Root, described.Settings)
	d.Root.Set("client", described.Client, "")
	stream := new(draft.Map).Set("name", name, "")
	for _, p := range found.Params {
		described.Stream.At("params").Set(p.Key, p.Value, p.Note)
	}
	stream.Entries = append(stream.Entries, described.Stream.Entries...)
	for _, entries := range [][]draft.Entry{found.Records, found.Fields, found.Paging} {
		stream.Entries = append(stream.Entries, entries...)
	}
	d.Root.Set("streams", []any{stream}, "")
}

// asked is the error of a look at a host: what an answer says in it shows no secret.
func asked(err error, host string, in *survey) error {
	var status *probe.StatusError
	var login *probe.LoginError
	switch {
	case errors.As(err, &login):
		return &tap.InputError{Err: fmt.Errorf("init: %s; nothing was written: give a request that sends what the login answers, and write the login in client.auth, as docs/auth.md shows", hidden(in, login.Error()))}
	case errors.As(err, &status):
		text := "init: " + hidden(in, status.Error()) + "; nothing was written"
		switch status.Status {
		case http.StatusUnauthorized, http.StatusForbidden:
			text += ": " + aboutCredential(in)
		default:
			text += " (--calls 0 writes what the request alone says)"
		}
		return errors.New(text)
	case errors.Is(err, probe.ErrNotRecorded):
		return &tap.InputError{Err: fmt.Errorf("init: %d calls did not lead to an answer; --calls allows more", in.calls)}
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		err = errors.New("there is no host of that name")
	}
	return fmt.Errorf("init: %s gave no answer: %s; nothing was written: is the address right, and does the API run? (--calls 0 writes what the request alone says)", host, hidden(in, err.Error()))
}

// aboutCredential is what to ask of a request that the API does not let in.
func aboutCredential(in *survey) string {
	for _, s := range in.settings {
		if s.Secret {
			return "is the credential of the request still good?"
		}
	}
	return "the request has no credential; give a line of curl that has one, in a header or by -u"
}

// hidden is a text without the secrets of the source.
func hidden(in *survey, text string) string { return in.hider().Redact(text) }

// hider hides the secrets of the source.
func (in *survey) hider() *secret.Hider {
	var all secret.List
	for _, s := range in.settings {
		if s.Secret {
			all = append(all, secret.New(s.Name, s.Value))
		}
	}
	return secret.NewHider(all)
}

// redact takes secrets out of notes, which may quote answers.
func redact(d *draft.Definition, in *survey) {
	hider := in.hider()
	redactNotes(&d.Root, hider)
	for i := range d.Head {
		d.Head[i] = hider.Redact(d.Head[i])
	}
}

func redactNotes(value any, hider *secret.Hider) {
	switch v := value.(type) {
	case *draft.Map:
		for i := range v.Entries {
			v.Entries[i].Note = hider.Redact(v.Entries[i].Note)
			redactNotes(v.Entries[i].Value, hider)
		}
	case []any:
		for _, item := range v {
			redactNotes(item, hider)
		}
	}
}

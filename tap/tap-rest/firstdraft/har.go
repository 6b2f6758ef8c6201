package firstdraft

import (
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/call"
	"github.com/tap-rest/tap-rest/sources/draft/har"
	"github.com/tap-rest/tap-rest/sources/draft/probe"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
)

// readHAR makes a definition of the collections that a browser saw. It makes no call.
func readHAR(text []byte, in *survey) (*draft.Definition, error) {
	all, left, err := har.Parse(text)
	if err != nil {
		return nil, &tap.InputError{Err: fmt.Errorf("init: %w", err)}
	}
	all, others := ofOneHost(all, in)
	if len(all) == 0 {
		return nil, &tap.InputError{Err: fmt.Errorf("init: the HAR file shows no list of records in an answer of JSON; save it with content, after the page has loaded its data")}
	}
	d := &draft.Definition{
		Head: []string{"Written by tap-rest init from what a browser recorded, without a call. What stands beside a line is what proves it."},
		Left: slices.Concat(left, others),
	}
	h := &harDraft{definition: d, in: in, names: map[string]bool{}}
	for _, c := range all {
		if err := h.add(c); err != nil {
			return nil, err
		}
	}
	if len(h.streams) == 0 {
		return nil, &tap.InputError{Err: fmt.Errorf("init: --stream names no collection of the HAR file; it has %v", h.seen)}
	}
	d.Root.Set("version", 1, "").Set("name", call.APIName(h.client.Host, h.client.Name), "")
	in.settings = h.settings
	call.AppendSettings(&d.Root, h.settings)
	d.Root.Set("client", h.client.Client, "").Set("streams", h.streams, "")
	redact(d, in)
	return d, nil
}

// ofOneHost returns the collections of one host: a definition has one client.
func ofOneHost(all []har.Collection, in *survey) (some []har.Collection, left []string) {
	count := map[string]int{}
	var hosts []string
	for _, c := range all {
		if count[c.Host] == 0 {
			hosts = append(hosts, c.Host)
		}
		count[c.Host]++
	}
	if len(hosts) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(hosts, func(a, b string) int { return count[b] - count[a] })
	options := make([]string, len(hosts))
	for i, host := range hosts {
		options[i] = host + "  (" + report.Numbered(int64(count[host]), "%s collection[|s]") + ")"
	}
	host := hosts[in.ask.choose("The recording has answers of several hosts. Which is the API?", options)]
	for _, other := range hosts {
		if other != host {
			left = append(left, fmt.Sprintf("host %s: %s; a definition is for one API, and %s was taken", other, report.Numbered(int64(count[other]), "%s collection[|s]"), host))
		}
	}
	for _, c := range all {
		if c.Host == host {
			some = append(some, c)
		}
	}
	return some, left
}

// harDraft is the definition of a recording under construction.
type harDraft struct {
	definition *draft.Definition
	in         *survey
	client     *call.Described // of the first stream
	settings   []call.Setting
	streams    []any
	names      map[string]bool
	seen       []string
}

// add makes a stream of a collection.
func (h *harDraft) add(c har.Collection) error {
	name := h.unique(c.First.Describe().Name)
	h.seen = append(h.seen, name)
	if len(h.in.streams) > 0 && !slices.Contains(h.in.streams, name) {
		return nil
	}
	found, err := probe.Look(h.in.stop, c.First, probe.Options{Tape: c.Tape, Name: name, Known: c.Known, Choose: h.in.ask.choose})
	if err != nil {
		return fmt.Errorf("init: %s: %s", name, hidden(h.in, err.Error()))
	}
	described := found.Call.Describe()
	if !h.join(described) {
		h.definition.Left = append(h.definition.Left, "stream "+name+": its calls carry other credentials than those of the streams above; give it a definition of its own, with --stream "+name)
		return nil
	}
	for _, guess := range found.Guesses {
		h.definition.Head = append(h.definition.Head, "Guessed: "+name+": "+guess+".")
		h.in.say("guessed: %s: %s", name, hidden(h.in, guess))
	}
	stream := new(draft.Map).Set("name", name, report.Numbered(int64(c.Calls), "%s call[|s] in the recording"))
	stream.Entries = append(stream.Entries, h.own(described)...)
	stream.Entries = append(stream.Entries, described.Stream.Entries...)
	stream.Entries = slices.Concat(stream.Entries, found.Records, found.Fields, found.Paging)
	h.streams = append(h.streams, stream)
	h.in.say("%s: %s on the first page, paging: %s", name, report.Numbered(int64(found.First), "%s record[|s]"), shownWay(found))
	return nil
}

func shownWay(f *probe.Found) string {
	if f.Proven {
		return f.Way
	}
	return f.Way + ", not proven"
}

// unique is a name that no other stream has.
func (h *harDraft) unique(name string) string {
	one := name
	for n := 2; h.names[one]; n++ {
		one = fmt.Sprintf("%s_%d", name, n)
	}
	h.names[one] = true
	return one
}

// join adds the settings of a stream. It is false where one of that name has another value,
// unless a header carries it, in which browsers change credentials as they go.
func (h *harDraft) join(d *call.Described) bool {
	if h.client == nil {
		h.client, h.settings = d, d.Settings
		h.in.settings = h.settings
		return true
	}
	var added []call.Setting
	for _, s := range d.Settings {
		at := slices.IndexFunc(h.settings, func(have call.Setting) bool { return have.Name == s.Name })
		switch {
		case at < 0:
			added = append(added, s)
		case h.settings[at].Value != s.Value && s.InPath:
			return false
		}
	}
	h.settings = append(h.settings, added...)
	h.in.settings = h.settings
	return true
}

// own are the keys of a client that a stream has otherwise than the first one.
func (h *harDraft) own(d *call.Described) []draft.Entry {
	return ownOfClient(d.Client, h.client.Client)
}

package firstdraft

import (
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/call"
	"github.com/tap-rest/tap-rest/sources/draft/curl"
	"github.com/tap-rest/tap-rest/tap"
)

// areRequests reports whether there are several sources, each of which is a request.
func areRequests(sources []string) bool {
	for _, s := range sources {
		if !(curl.LooksLike([]byte(s)) && s != "curl") && !looksLikeURL([]byte(s)) {
			return false
		}
	}
	return len(sources) > 1
}

// readSeveral makes one definition of several requests to one API, a stream of each.
func readSeveral(sources []string, in *survey) (*draft.Definition, error) {
	var whole *draft.Definition
	var settings []call.Setting
	names, tape, first := in.streams, in.tape, 0
	for i, source := range sources {
		read := readURL
		if curl.LooksLike([]byte(source)) {
			read = readCurl
		}
		if in.streams = nil; i < len(names) {
			in.streams = names[i : i+1]
		}
		d, err := read([]byte(source), in)
		if err != nil {
			return nil, err
		}
		if whole == nil {
			whole, settings, tape, first = d, in.settings, in.tape, in.first
			continue
		}
		if settings, err = joined(settings, in.settings); err != nil {
			return nil, err
		}
		if err := join(whole, d, settings); err != nil {
			return nil, err
		}
	}
	in.settings, in.tape, in.first = settings, tape, first
	return whole, nil
}

// joined are the settings of two requests. One that has two values is an error.
func joined(have, more []call.Setting) ([]call.Setting, error) {
	for _, s := range more {
		at := slices.IndexFunc(have, func(h call.Setting) bool { return h.Name == s.Name })
		switch {
		case at < 0:
			have = append(have, s)
		case have[at].Value != s.Value:
			return nil, &tap.InputError{Err: fmt.Errorf("init: the requests have different values for the setting %s: write a definition of each", s.Name)}
		}
	}
	return have, nil
}

// join adds the streams of another definition to one. What its client has otherwise stands in
// them.
func join(whole, d *draft.Definition, settings []call.Setting) error {
	streams, _ := whole.Root.Get("streams").([]any)
	taken := map[any]bool{}
	for _, s := range streams {
		taken[s.(*draft.Map).Get("name")] = true
	}
	more, _ := d.Root.Get("streams").([]any)
	for _, one := range more {
		stream := one.(*draft.Map)
		if name := stream.Get("name"); taken[name] {
			return &tap.InputError{Err: fmt.Errorf("init: two requests make a stream %v: say with --stream NAME, once for each, how they are called", name)}
		}
		own := ownOfClient(d.Root.At("client"), whole.Root.At("client"))
		stream.Entries = slices.Concat(stream.Entries[:1:1], own, stream.Entries[1:])
		streams = append(streams, stream)
	}
	whole.Root.Set("streams", streams, "")
	call.AppendSettings(&whole.Root, settings)
	for _, line := range d.Head {
		if !slices.Contains(whole.Head, line) {
			whole.Head = append(whole.Head, line)
		}
	}
	whole.Left = append(whole.Left, d.Left...)
	return nil
}

// ownOfClient are the keys of a client that another one has otherwise; null takes away what
// only that one has.
func ownOfClient(mine, common *draft.Map) (all []draft.Entry) {
	for _, key := range []string{"base_url", "auth", "headers"} {
		if value := mine.Get(key); yamlOf(value) != yamlOf(common.Get(key)) {
			all = append(all, draft.Entry{Key: key, Value: value})
		}
	}
	return all
}

func yamlOf(value any) string {
	var d draft.Definition
	d.Root.Set("x", value, "")
	return string(d.AppendYAML(nil))
}

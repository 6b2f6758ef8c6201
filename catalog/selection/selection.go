package selection

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/document"
)

// Selection is what is wanted.
type Selection struct {
	patterns []*pattern
}

// pattern is one of it, as it is written, and what it means once the streams are known.
type pattern struct {
	text    string // without !
	without bool   // it leaves out what it names
	stream  *regexp.Regexp
	fields  []*regexp.Regexp // of each step to a field; nil: the stream itself
	used    bool             // a field matched
	known   []string         // fields of the streams that were looked at
}

// Parse reads patterns.
func Parse(patterns []string) (*Selection, error) {
	s := &Selection{}
	for _, text := range patterns {
		p := &pattern{text: strings.TrimSpace(text)}
		p.text, p.without = strings.CutPrefix(p.text, "!")
		p.text = strings.TrimSpace(p.text)
		if p.text == "" || strings.HasPrefix(p.text, ".") || strings.HasSuffix(p.text, ".") || strings.Contains(p.text, "..") {
			return nil, fmt.Errorf("%q is no selection: it wants STREAM or STREAM.FIELD, with ! before what is left out", text)
		}
		s.patterns = append(s.patterns, p)
	}
	if len(s.patterns) == 0 {
		return nil, errors.New("nothing is selected: it wants STREAM or STREAM.FIELD, with ! before what is left out")
	}
	return s, nil
}

// Digest tells selections apart that say something else.
func (s *Selection) Digest() string {
	var all []string
	for _, p := range s.patterns {
		all = append(all, fmt.Sprintf("%t %s", p.without, p.text))
	}
	slices.Sort(all)
	sum := sha256.Sum256([]byte("select\n" + strings.Join(slices.Compact(all), "\n")))
	return hex.EncodeToString(sum[:8])
}

// Streams returns the streams that are selected, of those that there are, in their order.
func (s *Selection) Streams(known []string) ([]string, error) {
	var unknown []error
	for _, p := range s.patterns {
		if err := p.find(known); err != nil {
			unknown = append(unknown, err)
		}
	}
	if unknown != nil {
		return nil, errors.Join(unknown...)
	}
	var names []string
	for _, name := range known {
		if s.wants(name) {
			names = append(names, name)
		}
	}
	if names == nil {
		return nil, fmt.Errorf("it leaves no stream, so there is nothing to read: select one of %s", strings.Join(known, ", "))
	}
	return names, nil
}

// find splits the pattern where a stream's name ends: names may have points themselves.
func (p *pattern) find(known []string) error {
	matches := func(text string) bool {
		p.stream = glob(text)
		return slices.ContainsFunc(known, p.stream.MatchString)
	}
	if matches(p.text) {
		return nil
	}
	for i := range p.text {
		if p.text[i] != '.' || !matches(p.text[:i]) {
			continue
		}
		for step := range strings.SplitSeq(p.text[i+1:], ".") {
			p.fields = append(p.fields, glob(step))
		}
		if len(p.fields) == 1 && p.text[i+1:] == "*" && !p.without {
			p.fields = nil // the whole stream
		}
		return nil
	}
	name, _, _ := strings.Cut(p.text, ".")
	return errors.New(document.Unknown("stream", name, known))
}

// glob matches names, * anything in them.
func glob(text string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(text), `\*`, ".*") + "$")
}

// wants reports whether a stream is selected.
func (s *Selection) wants(stream string) bool {
	wanted := !slices.ContainsFunc(s.patterns, func(p *pattern) bool { return !p.without })
	for _, p := range s.patterns {
		if !p.stream.MatchString(stream) {
			continue
		}
		if p.without && p.fields == nil {
			return false
		}
		wanted = wanted || !p.without
	}
	return wanted
}

// HasFields reports whether the selection speaks of fields of a stream.
func (s *Selection) HasFields(stream string) bool {
	return slices.ContainsFunc(s.patterns, func(p *pattern) bool { return p.fields != nil && p.stream.MatchString(stream) })
}

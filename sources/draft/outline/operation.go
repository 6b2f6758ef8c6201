package outline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/pattern"

	"github.com/tap-rest/tap-rest/sources/draft"
)

// Operation is a request that answers with records.
type Operation struct {
	Method  string // GET or POST
	Path    string // with {name} for parameters
	ID      string // how the document calls it
	Params  []Given
	Request Request
	Unknown bool   // nothing says what the answer is
	Sample  bool   // one answer says it, which is no schema
	Server  string // where it goes, if not where all do
	Body    any    // JSON that a POST sends
	Auth    *draft.Map
	Headers *draft.Map

	route  route // of its path
	name   string
	under  nesting
	stream *Stream
}

// route is a path and what stands for its parameters.
type route struct {
	steps  []step
	values map[string]string // parameters → templates
	vars   map[string]string // parameters → names in partition
}

// nesting says for the records of which other operation one is asked.
type nesting struct {
	parent *Operation // nil: of none
	at     int        // the step that the parent's records are put into
	note   string     // why
}

// Given is a parameter that a request has, or may have.
type Given struct {
	Name     string
	In       string // path, query, header
	Required bool
	Only     string     // the one value that it may have
	Template string     // what is sent; "": a setting is made where one is needed
	Schema   *draft.Map // of that setting
	About    string
}

// step is a part of a path between slashes.
type step struct {
	text  string
	param string // its parameter, where it is nothing but one
}

// Braces are the parameters in a path.
var Braces = pattern.New(`\{([^{}/]+)\}`)

func stepsOf(path string) (list []step) {
	for text := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		s := step{text: text}
		if m := Braces().FindStringSubmatch(text); m != nil && m[0] == text {
			s.param = m[1]
		}
		list = append(list, s)
	}
	return list
}

// called is the last word of the path.
func (l *Operation) called() string { return Called(l.Path) }

// Called is the last word of a path.
func Called(path string) string {
	for _, s := range slices.Backward(stepsOf(path)) {
		if s.param == "" {
			return s.text
		}
	}
	return "records"
}

// shape is the path without the names of its parameters.
func shape(steps []step) string {
	var b strings.Builder
	for _, s := range steps {
		b.WriteByte('/')
		b.WriteString(Braces().ReplaceAllString(s.text, "{}"))
	}
	return b.String()
}

// Searching are last words of the path of a POST that reads.
var Searching = pattern.New(`(?i)^_?(?:search|query|list|find|filter|scroll)$`)

func (l *Operation) post() bool { return l.Method == "POST" }

// named gives each operation the shortest name that no other has: the last words of
// its path.
func (r *resolver) named() {
	word := make([][]string, len(r.all))
	for i, l := range r.all {
		for _, s := range l.route.steps {
			if s.param == "" && !(l.post() && Searching().MatchString(s.text)) {
				word[i] = append(word[i], Name(Braces().ReplaceAllString(s.text, ""), ""))
			}
		}
	}
	last := func(i, n int) string {
		words := slices.DeleteFunc(slices.Clone(word[i]), func(w string) bool { return w == "" })
		return strings.Join(words[max(0, len(words)-n):], "_")
	}
	taken := Names{}
	for n := 1; n < 30; n++ {
		count := map[string]int{}
		for i := range r.all {
			count[last(i, n)]++
		}
		for i, l := range r.all {
			if name := last(i, n); l.name == "" && name != "" && count[name] == 1 && taken[name] == 0 {
				l.name = taken.Free(Name(name, "stream"))
			}
		}
	}
	for i, l := range r.all {
		if l.name == "" {
			l.name = taken.Free(Name(last(i, 30), "stream"))
		}
	}
}

// Place says in words which operation it is.
func (l *Operation) Place() string {
	if l.ID != "" {
		return fmt.Sprintf("%s %s (%s)", l.Method, l.Path, Line(l.ID))
	}
	return l.Method + " " + l.Path
}

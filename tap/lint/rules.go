package lint

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/sources/pattern"
)

// rule is a kind of finding, by which programs group them.
type rule struct {
	id, about string
	says      func() *regexp.Regexp // what the messages of its findings begin with
}

// rules are the kinds of findings; a finding is of the first that its message matches,
// and of the last where it matches none.
var rules = []rule{
	{"syntax", "The file is YAML or JSON, and each value is written so that all programs read it alike.",
		pattern.New(`^(not YAML|the file is empty|a second document|key ".*" stands here twice|tag |anchor |a key must be|<< wants|nested deeper|more than \d+ (values|problems)|text that begins with|.* has leading zeros|.* is a number to some|.* is not a number of JSON)`)},
	{"unreadable", "The definition, and each file that it names, can be read.", pattern.New(`^(read definition|schema file|file |is no definition)`)},
	{"unknown-key", "Each key is one that there is.", pattern.New(`^(unknown key|key ".*" belongs to)`)},
	{"unknown-name", "Each value, type, format, name and filter is one that there is.", pattern.New(`^unknown `)},
	{"missing-key", "What is needed is there.", pattern.New(`^needs `)},
	{"wrong-value", "Each value is of the kind that its key wants.", pattern.New(`^(wants |is empty|is negative|version )`)},
	{"template", "Each template is an expression that can be computed where it stands.", pattern.New(`^(the (expression|string|index|\{\{) |this (is not a number|cannot be called)|want |an argument |too many arguments|\S+ (has no argument|needs the argument|is a function)|.* (closes nothing|is not closed before this|has no meaning here|cannot be used here))`)},
	{"schema", "What a JSON Schema says is checked.", pattern.New(`^JSON Schema`)},
	{"meaning", "The keys of a stream make sense together.", pattern.New(``)},
}

// ruleOf returns the number of a finding's rule.
func ruleOf(f Finding) int {
	for i, r := range rules {
		if r.says().MatchString(f.Msg) {
			return i
		}
	}
	return len(rules) - 1
}

var (
	meant = pattern.New(`did you mean ("(?:[^"\\]|\\.)*")\?`)
	write = pattern.New(`(?:[:;] |^)write (.+?)(?:; known here: .*)?$`)
)

// suggestion is what is to be written instead, where the message of a finding says so;
// "" where it does not.
func suggestion(f Finding) string {
	if m := meant().FindStringSubmatch(f.Msg); m != nil {
		if name, err := strconv.Unquote(m[1]); err == nil {
			return name
		}
	}
	if m := write().FindStringSubmatch(f.Msg); m != nil {
		return strings.TrimSpace(m[1])
	}
	return ""
}

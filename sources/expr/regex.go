package expr

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

const (
	maxPattern = 1000    // bytes of a regular expression
	maxProgram = 10_000  // instructions that it may compile to
	maxMatches = 100_000 // that regex_replace replaces
)

// A pattern is a compiled regular expression; size is how many instructions it has.
type pattern struct {
	re   *regexp.Regexp
	size int
}

func compilePattern(text string) (Value, error) {
	if len(text) > maxPattern {
		return Value{}, fmt.Errorf("the regular expression is longer than %d bytes", maxPattern)
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return Value{}, fmt.Errorf("%w (regular expressions are RE2's)", err)
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return Value{}, err
	}
	if len(program.Inst) > maxProgram {
		return Value{}, errors.New("the regular expression is too large")
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return Value{}, err
	}
	return Value{kind: kindPattern, ref: &pattern{re: re, size: len(program.Inst)}}, nil
}

// pattern returns the regular expression that v is, or is the text of, to be used on s.
func (r *run) pattern(v Value, s string) (*regexp.Regexp, error) {
	if v.kind == KindString {
		if err := r.spend(maxWork / 1000); err != nil { // it may not be compiled for each of many items
			return nil, err
		}
		compiled, err := compilePattern(v.str())
		if err != nil {
			return nil, errors.New("the value is not a regular expression of RE2, or too large a one")
		}
		v = compiled
	}
	p, ok := v.ref.(*pattern)
	if !ok {
		return nil, fmt.Errorf("the regular expression is %s, not a string", v.kind)
	}
	return p.re, r.spend((1 + len(s)) * (1 + p.size/16))
}

// match returns the places of the first match of a[1] in a[0] and of its groups, nil if none.
func (r *run) match(a []Value) ([]int, error) {
	re, err := r.pattern(a[1], a[0].text)
	if err != nil {
		return nil, err
	}
	return re.FindStringSubmatchIndex(a[0].text), nil
}

// regexSearch returns the first group of the first match, or, in a pattern without groups, all of
// it; "" where nothing matches. Airbyte's CDK, and so Jinja's mode, wants a group.
func regexSearch(r *run, a []Value) (Value, error) {
	places, err := r.match(a)
	if err != nil || places == nil {
		return String(""), err
	}
	if len(places) > 2 {
		places = places[2:]
	} else if r.jinja {
		return String(""), nil
	}
	if places[0] < 0 {
		return String(""), nil
	}
	return String(a[0].text[places[0]:places[1]]), nil
}

// regexReplace replaces all matches. \1 and \g<name> in the replacement stand for groups.
func regexReplace(r *run, a []Value) (Value, error) {
	s := a[0].text
	if len(s) > maxText {
		return Value{}, errText
	}
	re, err := r.pattern(a[1], s)
	if err != nil {
		return Value{}, err
	}
	template := goReplacement(a[2].text)
	groups := strings.Count(template, "$")
	var dst []byte
	end := 0
	matches := re.FindAllStringSubmatchIndex(s, maxMatches+1)
	if len(matches) > maxMatches {
		return Value{}, errWork
	}
	for _, places := range matches {
		dst = append(dst, s[end:places[0]]...)
		if len(dst)+len(template)+groups*(places[1]-places[0]) > maxText {
			return Value{}, errText
		}
		dst = re.ExpandString(dst, template, s, places)
		end = places[1]
		if err := r.spend(1 + len(template)/16); err != nil {
			return Value{}, err
		}
	}
	return r.string(string(dst) + s[end:])
}

var pythonGroup = regexp.MustCompile(`\\(\d{1,2})|\\g<(\w+)>`)

// goReplacement writes the groups of a replacement as package regexp wants them.
func goReplacement(python string) string {
	escaped := strings.ReplaceAll(python, "$", "$$")
	return pythonGroup.ReplaceAllString(escaped, "$${${1}${2}}")
}

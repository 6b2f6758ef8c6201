package curl

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/tap-rest/tap-rest/sources/pattern"

	"github.com/tap-rest/tap-rest/sources/draft/call"
)

// start is how a line of curl begins, behind a prompt and variables.
var start = pattern.New(`^\s*(?:(?:[$%#>]|PS [^>\n]*>|&) ?)?(?:[A-Za-z_]\w*=\S* +)*(?:\S*[/\\])?curl(?:\.exe)?(?:\s|\^|$)`)

// LooksLike reports whether a text is a line of curl.
func LooksLike(text []byte) bool { return start().Match(text) }

// line is a command line that is being read.
type line struct {
	call    *call.Call // headers and the user
	method  string
	urls    []string
	query   []string
	bodies  []string
	isJSON  bool
	get     bool
	remarks []string
}

// Parse reads a line. Variables in it are those that env knows.
func Parse(text string, env Env) (*call.Call, []string, error) {
	all, cut, err := words(text, env)
	if err != nil {
		return nil, nil, fmt.Errorf("curl: %w", err)
	}
	l := &line{call: &call.Call{}}
	if cut != "" {
		l.remark("what stands behind %s is left out", cut)
	}
	return l.parse(all)
}

// ParseWords reads a line that its shell has split.
func ParseWords(words []string) (*call.Call, []string, error) {
	return (&line{call: &call.Call{}}).parse(words)
}

func (l *line) parse(words []string) (*call.Call, []string, error) {
	if err := l.read(withoutCommand(words)); err != nil {
		return nil, nil, fmt.Errorf("curl: %w", err)
	}
	c, err := l.finish()
	if err != nil {
		return nil, nil, fmt.Errorf("curl: %w", err)
	}
	return c, l.remarks, nil
}

// withoutCommand leaves out what stands up to curl itself.
func withoutCommand(words []string) []string {
	for i, word := range words {
		name := strings.TrimSuffix(word[strings.LastIndexAny(word, `/\`)+1:], ".exe")
		if name == "curl" {
			return words[i+1:]
		}
	}
	return words
}

func (l *line) remark(format string, args ...any) {
	l.remarks = append(l.remarks, fmt.Sprintf(format, args...))
}

// read takes one word after the other.
func (l *line) read(words []string) error {
	for i := 0; i < len(words); {
		word := words[i]
		i++
		var (
			taken int
			err   error
		)
		switch {
		case strings.HasPrefix(word, "--") && len(word) > 2:
			taken, err = l.long(word[2:], words[i:])
		case strings.HasPrefix(word, "-") && len(word) > 1 && word != "--":
			taken, err = l.short(word[1:], words[i:])
		case word != "" && word != "--" && word != "-":
			l.urls = append(l.urls, word)
		}
		if err != nil {
			return err
		}
		i += taken
	}
	return nil
}

// long takes a flag with a long name, and returns how many of the words behind it
// are its value.
func (l *line) long(name string, rest []string) (int, error) {
	f := longFlag(name)
	if before, value, joined := strings.Cut(name, "="); f == nil && joined {
		if f = longFlag(before); f != nil && f.value {
			return 0, l.apply(f, "--"+f.long, value)
		}
		name = before
	}
	switch {
	case f == nil && strings.HasPrefix(name, "no-") && longFlag(name[3:]) != nil:
		return 0, nil
	case f == nil:
		return l.unknown("--"+name, rest), nil
	case !f.value:
		return 0, l.apply(f, "--"+name, "")
	case len(rest) == 0:
		return 0, fmt.Errorf("--%s wants a value, and the line ends there", name)
	}
	return 1, l.apply(f, "--"+name, rest[0])
}

// short takes flags of one character, several of which may stand in one word.
func (l *line) short(letters string, rest []string) (int, error) {
	for i := range len(letters) {
		f := shortFlag(letters[i])
		name := "-" + letters[i:i+1]
		switch {
		case f == nil:
			return l.unknown(name, nil), nil
		case !f.value:
			if err := l.apply(f, name, ""); err != nil {
				return 0, err
			}
			continue
		case i+1 < len(letters):
			return 0, l.apply(f, name, letters[i+1:])
		case len(rest) == 0:
			return 0, fmt.Errorf("%s wants a value, and the line ends there", name)
		}
		return 1, l.apply(f, name, rest[0])
	}
	return 0, nil
}

// unknown remarks on a flag. A word behind it that is no flag and no address is taken
// for its value.
func (l *line) unknown(name string, rest []string) int {
	if !plainFlag().MatchString(name) {
		name = "a flag that is none of curl's"
	}
	l.remark("%s is not known, and left out", name)
	if len(rest) > 0 && !strings.HasPrefix(rest[0], "-") && !looksLikeURL(rest[0]) {
		return 1
	}
	return 0
}

var (
	plainFlag = pattern.New(`^--?[A-Za-z0-9#][A-Za-z0-9.-]{0,30}$`)
	address   = pattern.New(`^(?i:https?://|[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:[:/?]|$)|localhost\b)`)
)

func looksLikeURL(word string) bool { return address().MatchString(word) }

func (l *line) apply(f *flag, name, value string) error {
	if f.remark != "" {
		l.remark("%s %s", name, f.remark)
	}
	if f.do == nil {
		return nil
	}
	if err := f.do(l, value); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (l *line) header(text string) error {
	if strings.HasPrefix(text, "@") {
		return errors.New("the headers stand in a file: put them into the line")
	}
	name, value, found := strings.Cut(text, ":")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if empty, ok := strings.CutSuffix(name, ";"); ok && !found {
		name = empty
	} else if !found || value == "" {
		return nil // curl itself leaves such a header out
	}
	if !call.IsHeader(name, value) {
		return errors.New("a header has characters that no header may have")
	}
	l.call.Headers = append(l.call.Headers, call.Pair{Name: name, Value: value})
	return nil
}

func (l *line) data(text string) error {
	if strings.HasPrefix(text, "@") {
		return errors.New("the body stands in a file: put its text into the line")
	}
	l.bodies = append(l.bodies, text)
	return nil
}

func (l *line) urlencode(text string) error {
	name, value, named := strings.Cut(text, "=")
	switch {
	case !named && strings.Contains(text, "@"):
		return errors.New("the body stands in a file: put its text into the line")
	case !named:
		l.bodies = append(l.bodies, url.QueryEscape(text))
	case name == "":
		l.bodies = append(l.bodies, url.QueryEscape(value))
	default:
		l.bodies = append(l.bodies, name+"="+url.QueryEscape(value))
	}
	return nil
}

func (l *line) json(text string) error {
	l.isJSON = true
	return l.data(text)
}

func (l *line) user(text string) error {
	l.call.Basic = true
	l.call.User, l.call.Password, _ = strings.Cut(text, ":")
	return nil
}

func (l *line) cookie(text string) error {
	if !strings.Contains(text, "=") {
		return errors.New("the cookies stand in a file: put them into the line, as NAME=VALUE")
	}
	if have, ok := l.call.Header("Cookie"); ok {
		text = have + "; " + text
	}
	if !call.IsHeader("Cookie", text) {
		return errors.New("a cookie has characters that no header may have")
	}
	l.call.SetHeader("Cookie", text)
	return nil
}

var methodName = pattern.New(`^(?i:get|post|put|patch)$`)

// finish puts the parts together.
func (l *line) finish() (*call.Call, error) {
	if len(l.urls) == 0 {
		return nil, errors.New("the line names no URL")
	}
	if len(l.urls) > 1 {
		l.remark("the line names %d URLs: the first is taken; run init again for another", len(l.urls))
	}
	c, err := call.New(l.urls[0])
	if err != nil {
		return nil, err
	}
	c.Headers = l.call.Headers
	if l.call.Basic {
		c.Basic, c.User, c.Password = true, l.call.User, l.call.Password
	}
	for _, part := range l.query {
		c.Params = append(c.Params, call.ParsePairs(strings.TrimPrefix(part, "+"))...)
	}
	l.body(c)
	switch {
	case methodName().MatchString(l.method):
		c.Method = strings.ToUpper(l.method)
	case strings.EqualFold(l.method, "head"):
		l.remark("-X HEAD asks for the headers alone; the call is a GET here")
	case l.method != "":
		return nil, errors.New("-X names a method that does not read: GET, POST, PUT and PATCH can be the request of a stream")
	}
	return c, nil
}

// body puts the data of the line into the body, or with -G into the query.
func (l *line) body(c *call.Call) {
	if len(l.bodies) == 0 {
		return
	}
	if l.get {
		c.Params = append(c.Params, call.ParsePairs(strings.Join(l.bodies, "&"))...)
		return
	}
	c.Method = "POST"
	kind, separator := "application/x-www-form-urlencoded", "&"
	if l.isJSON {
		kind, separator = "application/json", ""
	}
	c.Body = []byte(strings.Join(l.bodies, separator))
	if _, has := c.Header("Content-Type"); !has {
		c.SetHeader("Content-Type", kind)
	}
}

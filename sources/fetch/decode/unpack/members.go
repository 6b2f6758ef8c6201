package unpack

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// maxMembers is how many members an archive may have, those that are not read
// included.
const maxMembers = 100_000

// shownMembers is how many names an error lists.
const shownMembers = 10

var errMembers = fmt.Errorf("it has more than %d members", maxMembers)

// selection says which members of an archive are read.
type selection struct {
	pattern string // of their whole names or their base names; "": all
	count   int    // members that were asked about
	read    int    // of them that are read
	regular int    // of them that are files
	names   []string
}

// newSelection checks the pattern.
func newSelection(pattern string) (*selection, error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fmt.Errorf("members: %q is no pattern: %w", pattern, err)
	}
	return &selection{pattern: pattern}, nil
}

// reads reports whether a member is read; only files are.
func (s *selection) reads(name string, isFile bool) (bool, error) {
	if s.count++; s.count > maxMembers {
		return false, errMembers
	}
	if !isFile {
		return false, nil
	}
	s.regular++
	if len(s.names) < shownMembers {
		s.names = append(s.names, fmt.Sprintf("%q", shorten(name)))
	}
	if !s.matches(name) {
		return false, nil
	}
	s.read++
	return true, nil
}

// shorten cuts a name that is too long for an error.
func shorten(name string) string {
	const most = 200
	if len(name) <= most {
		return name
	}
	return name[:most] + "…"
}

func (s *selection) matches(name string) bool {
	base := path.Base(name)
	if s.pattern == "" {
		return !strings.HasPrefix(base, ".") && !strings.HasPrefix(name, "__MACOSX/") && !strings.Contains(name, "/__MACOSX/")
	}
	whole, _ := path.Match(s.pattern, name) // newSelection checked the pattern
	last, _ := path.Match(s.pattern, base)
	return whole || last
}

// done finds, behind the last member, that none was to be read. An archive without any
// file holds no records, unless a pattern says that there is one.
func (s *selection) done() error {
	if s.read > 0 || s.pattern == "" && s.regular == 0 {
		return nil
	}
	if s.regular == 0 {
		return fmt.Errorf("it has no files; members asks for %q", s.pattern)
	}
	more := ""
	if s.regular > len(s.names) {
		more = fmt.Sprintf(" and %d more", s.regular-len(s.names))
	}
	list := strings.Join(s.names, ", ") + more
	if s.pattern == "" {
		return errors.New("it has only hidden files, which are read where members names them: " + list)
	}
	return fmt.Errorf("members: %q is none of its files: %s", s.pattern, list)
}

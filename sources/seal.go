package sources

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// sealMark begins what Seal puts in the place of a secret.
const sealMark = "{secret"

// escapings are the ways in which a secret stands in a text, each under the
// mark that says so.
var escapings = []struct {
	mark   string
	escape func(string) string
}{
	{sealMark + ":", func(s string) string { return s }},
	{sealMark + "-query:", url.QueryEscape},
	{sealMark + "-path:", url.PathEscape},
}

// Seal returns text with every secret in it replaced by a mark, so that it may
// be kept; [Secrets.Open] puts today's secrets in their places. It reports
// false where text already holds such a mark: then it cannot be kept.
func (s Secrets) Seal(text string) (string, bool) {
	if strings.Contains(text, sealMark) {
		return "", false
	}
	var pairs []string
	for _, i := range s.longestFirst() {
		secret := s[i]
		if secret.text == "" {
			continue
		}
		for _, e := range escapings {
			pairs = append(pairs, e.escape(secret.text), e.mark+strconv.Itoa(i)+"}")
		}
	}
	return strings.NewReplacer(pairs...).Replace(text), true
}

// Open undoes Seal, with the secrets of this run.
func (s Secrets) Open(text string) string {
	if !strings.Contains(text, sealMark) {
		return text
	}
	var pairs []string
	for i, secret := range s {
		for _, e := range escapings {
			pairs = append(pairs, e.mark+strconv.Itoa(i)+"}", e.escape(secret.text))
		}
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// marks matches what Seal puts in the place of a secret.
var marks = regexp.MustCompile(`\{secret(?:-query|-path)?:\d+\}`)

// HideMarks returns a sealed text for people: *** in the place of each mark.
func HideMarks(text string) string { return marks.ReplaceAllString(text, hidden) }

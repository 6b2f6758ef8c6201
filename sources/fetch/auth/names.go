package auth

import (
	"slices"
	"strings"
	"unicode"
)

// credentialWords are the last words of names that credentials have. "key" is
// one where it stands alone, or behind one of keyWords.
var (
	credentialWords = []string{"auth", "authorization", "cookie", "token", "secret", "apikey", "password", "passwd", "pwd", "credential", "credentials", "signature", "session", "sessionid", "sid"}
	keyWords        = []string{"api", "access", "auth", "secret", "private", "app", "application", "account", "client", "license", "subscription", "functions", "service", "session"}
)

// NamesCredential reports whether what bears such a name, of a header, a
// parameter or a member of a body, is a credential.
func NamesCredential(name string) bool {
	words := wordsOf(name)
	if len(words) == 0 {
		return false
	}
	last, before := words[len(words)-1], ""
	if len(words) > 1 {
		before = words[len(words)-2]
	}
	switch {
	case last == "key":
		return before == "" || slices.Contains(keyWords, before)
	case last == "id":
		return before == "session"
	}
	return slices.Contains(credentialWords, last)
}

// wordsOf are the words of a name, in lower case: X-Api-Key, api_key and apiKey
// have the same last two.
func wordsOf(name string) []string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		if unicode.IsUpper(r) && lower {
			b.WriteByte(' ')
		}
		lower = unicode.IsLower(r)
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

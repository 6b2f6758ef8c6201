package outline

import (
	"strings"
	"unicode"

	"github.com/tap-rest/tap-rest/sources/pattern"
)

var (
	credentialName = pattern.New(`(?i)(?:^|[^a-z])(?:authorization|auth|cookie|token|secret|password|passwd|pwd|credentials?|signature|session|sid|jwt|bearer|apikey|appkey)$|(?:api|access|app|subscription|private|secret|auth|client)[-_ .]?key$|token$|secret$|password$|passwd$`)
	tokenShape     = pattern.New(`^(?:eyJ[A-Za-z0-9_-]{10,}\.|(?:sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[abprs]|shpat|shpss|AKIA|ASIA|AIza|PMAK|ya29|Bearer |Basic |Token )[-_A-Za-z0-9. ]{8,})`)
	isUUID         = pattern.New(`^(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
)

// IsCredential reports whether a header, parameter or variable of this name is
// a credential.
func IsCredential(name string) bool {
	return credentialName().MatchString(strings.TrimSpace(name))
}

// LooksSecret reports whether a value looks like a token or a key, whatever it
// is called.
func LooksSecret(value string) bool {
	if tokenShape().MatchString(value) {
		return true
	}
	if len(value) < 20 || isUUID().MatchString(value) {
		return false
	}
	digits, letters := 0, 0
	for _, r := range value {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		case !strings.ContainsRune("-_=+", r):
			return false
		}
	}
	return digits >= 3 && letters >= 3
}

// Telling reports whether a secret is found again in other texts without taking
// words of theirs for it.
func Telling(secret string) bool {
	return len(secret) >= 8 && strings.ContainsFunc(secret, func(r rune) bool { return !unicode.IsLower(r) && r != '_' && r != '-' && r != '/' })
}

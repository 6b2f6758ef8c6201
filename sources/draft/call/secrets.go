package call

import (
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/pattern"

	"github.com/tap-rest/tap-rest/sources/fetch/auth"
)

// secretNames are names of credentials that package auth does not know: they
// are too common for the definitions of all APIs, and none costs anything
// here, since it makes a setting.
var secretNames = []string{"appid", "hapikey", "key", "pass", "sig", "jwt", "code", "hash", "sharedkey", "subscriptionkey", "x-api-user", "access"}

// isSecretName reports whether what bears the name is a credential.
func isSecretName(name string) bool {
	lower := strings.ToLower(name)
	return auth.NamesCredential(name) || slices.Contains(secretNames, lower) || strings.HasSuffix(lower, "-key") || strings.HasSuffix(lower, "_key") && !strings.HasSuffix(lower, "sort_key")
}

// tokenNames are names of parameters whose values look like credentials, and are the
// place of a page.
var tokenNames = pattern.New(`(?i)cursor|page|after|before|next|continu|scroll|marker|offset|start|sync`)

var (
	known = pattern.New(`(?:^|[^A-Za-z0-9])(?:eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.|(?:sk|pk|rk)_(?:live|test)_|gh[pousr]_|github_pat_|xox[abprs]-|glpat-|AKIA[A-Z0-9]{12}|shp(?:at|ca|pa)_|ya29\.|AIza[A-Za-z0-9_-]{20}|SG\.[A-Za-z0-9_-]{16}|lin_api_|ntn_|secret_[A-Za-z0-9]{20})`)
	uuid  = pattern.New(`^(?i:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$`)
	dense = pattern.New(`^[A-Za-z0-9_:.~+/=-]+$`)
)

// minDense is how long a text is that looks like a credential by its characters alone.
const minDense = 20

// looksSecret reports whether a value is spelled as credentials are: as those of
// some vendors, or as letters and digits that mean nothing.
func looksSecret(value string) bool {
	switch {
	case known().MatchString(value):
		return true
	case len(value) < minDense, uuid().MatchString(value), !dense().MatchString(value), strings.Contains(value, "://"):
		return false
	}
	digits, letters, turns, last := 0, 0, 0, 0
	for _, r := range value {
		kind := 0
		switch {
		case r >= '0' && r <= '9':
			digits, kind = digits+1, 1
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
			letters, kind = letters+1, 2
		}
		if kind != last && kind != 0 && last != 0 {
			turns++
		}
		last = kind
	}
	return digits >= 3 && letters >= 3 && turns >= 4
}

// IsCredential reports whether a parameter is one, by its name or its value.
func IsCredential(p Pair) bool { return isSecretParam(p) }

// NamesCredential reports whether what bears the name is a credential in whatever API.
func NamesCredential(name string) bool { return auth.NamesCredential(name) }

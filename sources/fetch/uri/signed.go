package uri

import (
	"net/url"
	"slices"
	"strings"
)

// families are the parameters by which URLs are signed for whoever has them, each as one
// provider has them: where one of the signs is there, the others belong to it. None of
// them says which file a URL is of.
var families = []struct{ signs, others []string }{
	{ // Azure, and whoever calls it so
		[]string{"sig"},
		[]string{"se", "sp", "sv", "sr", "st", "spr", "skoid", "sktid", "skt", "ske", "sks", "skv", "sip", "sdd", "ses", "expires", "expiry", "exp"},
	},
	{ // CloudFront, and the older ways of Amazon and Google
		[]string{"signature", "hmac"},
		[]string{"expires", "expiry", "exp", "policy", "key-pair-id", "awsaccesskeyid", "googleaccessid", "ossaccesskeyid", "security-token"},
	},
}

// prefixes begin the parameters of the newer ways.
var prefixes = []string{"x-amz-", "x-goog-", "x-oss-", "x-cos-"}

// hidden are parameters that may be a key to the file, or say which one it is: nobody
// is to see them.
var hidden = []string{"token", "access_token", "auth", "key", "sign", "hash", "code"}

// Signing returns what tells which parameters of a query sign its URL.
func Signing(query Pairs) func(name string) bool {
	var names []string
	has := func(name string) bool {
		return slices.ContainsFunc(query, func(p Pair) bool { return strings.EqualFold(p.Name, name) })
	}
	for _, f := range families {
		if slices.ContainsFunc(f.signs, has) {
			names = append(append(names, f.signs...), f.others...)
		}
	}
	return func(name string) bool {
		name = strings.ToLower(name)
		return slices.Contains(names, name) ||
			slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
	}
}

// Unsigned returns a URL without its signature: what stays the same when it is signed
// anew.
func Unsigned(u *url.URL) *url.URL {
	query := ParsePairs(u.RawQuery)
	signs := Signing(query)
	return with(u, slices.DeleteFunc(slices.Clone(query), func(p Pair) bool { return signs(p.Name) }))
}

// Shown returns a URL of a file as people may see it: without its signature, and with
// *** in the place of what may be a key to it.
func Shown(u *url.URL) *url.URL {
	own := Unsigned(u)
	query := ParsePairs(own.RawQuery)
	for i, p := range query {
		if slices.Contains(hidden, strings.ToLower(p.Name)) {
			query[i].Raw = url.QueryEscape(p.Name) + "=***"
		}
	}
	return with(own, query)
}

// with returns a URL with another query, and as it is where that is the same.
func with(u *url.URL, query Pairs) *url.URL {
	own := *u
	if !slices.Equal(query, ParsePairs(u.RawQuery)) {
		own.RawQuery = query.Encode()
	}
	return &own
}

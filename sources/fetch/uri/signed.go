package uri

import (
	"net/url"
	"slices"
	"strings"
)

// signing are the parameters of URLs that are signed for whoever has them: of Azure,
// CloudFront, Amazon and Google's older way, and what others call theirs. Those that
// begin with a prefix besides are of Amazon's and Google's newer way.
var (
	signing = []string{
		"sig", "se", "sp", "sv", "sr", "st", "spr", "skoid", "sktid", "skt", "ske", "sks", "skv", "sip", "sdd",
		"signature", "expires", "policy", "key-pair-id", "awsaccesskeyid", "googleaccessid", "x-oss-signature",
		"token", "access_token", "auth", "hash", "hmac", "expiry", "expiration", "exp", "sign",
	}
	signingPrefixes = []string{"x-amz-", "x-goog-", "x-ms-", "x-oss-", "x-cos-"}
)

// Signs reports whether a parameter belongs to the signature of a URL.
func Signs(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains(signing, name) ||
		slices.ContainsFunc(signingPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// Unsigned returns a URL without its signature: what stays the same when it is signed
// anew.
func Unsigned(u *url.URL) *url.URL {
	own := *u
	query := ParsePairs(u.RawQuery)
	kept := slices.DeleteFunc(slices.Clone(query), func(p Pair) bool { return Signs(p.Name) })
	if len(kept) < len(query) {
		own.RawQuery = Pairs(kept).Encode()
	}
	return &own
}

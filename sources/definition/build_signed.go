package definition

import (
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// ofSigned are the names that what is signed may use; what is sent of a signature
// may use that, too.
var (
	ofSigned   = []string{"config", "partition", "now", "request"}
	ofSentSign = append(ofSigned[:len(ofSigned):len(ofSigned)], "signature")
)

var awsVariant = variant{name: "aws_sigv4", doc: "Requests signed as AWS does; see Signed requests.", keys: []key{
	{name: "access_key", kind: aTemplate, need: true, doc: "The access key id."},
	{name: "secret_key", kind: aTemplate, need: true, doc: "The secret access key."},
	{name: "session_token", kind: aTemplate, doc: "Of temporary credentials; empty text is none."},
	{name: "region", kind: aTemplate, need: true, doc: "The region, as us-east-1."},
	{name: "service", kind: aTemplate, need: true, doc: "The service, as execute-api or s3."},
}}

var hmacVariant = variant{name: "hmac", doc: "A text made of each request is signed with a key; see Signed requests.", keys: []key{
	{name: "algorithm", kind: aChoice, enum: []string{"sha256", "sha512", "sha1", "md5"}, def: "sha256", doc: "The hash."},
	{name: "key", kind: aTemplate, need: true, doc: "The key that signs."},
	{name: "key_encoding", kind: aChoice, enum: []string{"text", "base64", "hex"}, def: "text", doc: "How `key` is written."},
	{name: "sign", kind: aTemplate, scope: sources.InSigned, only: ofSigned, need: true, doc: "The text that is signed, made of `request`."},
	{name: "send", kind: aMap, of: sendSignatureObject, need: true, doc: "What goes with every request; see Send a signature."},
}}

var sendSignatureObject = &object{name: "Send a signature", keys: []key{
	{name: "headers", kind: params, scope: sources.InSigned, only: ofSentSign, doc: "Headers; `signature.hex` and `signature.base64` are the signature."},
	{name: "params", kind: params, scope: sources.InSigned, only: ofSentSign, doc: "Query parameters, likewise."},
}}

var digestVariant = variant{name: "digest", doc: "The API's challenge is answered (RFC 7616, RFC 2617); see Signed requests.", keys: []key{
	{name: "username", kind: aTemplate, need: true, doc: "The user."},
	{name: "password", kind: aTemplate, need: true, doc: "The password."},
}}

var oauth1Variant = variant{name: "oauth1", doc: "Requests signed with a consumer's and a token's secret (RFC 5849); see Signed requests.", keys: []key{
	{name: "consumer_key", kind: aTemplate, need: true, doc: "Id of the application."},
	{name: "consumer_secret", kind: aTemplate, doc: "Its secret."},
	{name: "token", kind: aTemplate, doc: "The user's token."},
	{name: "token_secret", kind: aTemplate, doc: "Its secret."},
	{name: "signature_method", kind: aChoice, enum: []string{"HMAC-SHA1", "HMAC-SHA256", "RSA-SHA1", "RSA-SHA256", "PLAINTEXT"}, def: "HMAC-SHA1", doc: "How requests are signed."},
	{name: "key", kind: aTemplate, doc: "The private key of the RSA methods, PEM text."},
	{name: "realm", kind: aTemplate, doc: "The realm that the API wants named."},
}}

// signedKeys checks the auth types that make a proof of each request.
func signedKeys(r *reader, n *document.Node) {
	method := document.ValueOr(n, "signature_method", "HMAC-SHA1")
	rsa := method == "RSA-SHA1" || method == "RSA-SHA256"
	switch by := sources.AuthType(n.Get("type").Text); {
	case by == sources.AuthPool:
		poolKeys(r, n)
	case by == sources.AuthOAuth1 && rsa && !n.Has("key"):
		r.Problem(n.Get("signature_method"), "needs key beside it: the private key")
	case by == sources.AuthOAuth1 && !rsa && n.Has("key"):
		r.Problem(n.Get("key"), "is not used with %s", method)
	case by == sources.AuthOAuth1 && n.Has("token_secret") && !n.Has("token"):
		r.Problem(n.Get("token_secret"), "needs token beside it")
	case by == sources.AuthHMAC && n.Has("send"):
		signed := false
		for _, list := range [][]sources.Param{paramsOf(n.Get("send").Get("headers")), paramsOf(n.Get("send").Get("params"))} {
			for _, p := range list {
				signed = signed || p.Value.Leaf != nil && p.Value.Leaf.Uses("signature")
			}
		}
		if !signed {
			r.Problem(n.Get("send"), "sends no signature: use signature.hex or signature.base64")
		}
	}
}

// signedOf reads what those types are made of.
func signedOf(a *sources.Auth, n, base *document.Node) {
	text := func(name string) *expr.Template { return document.Value[*expr.Template](n, name) }
	switch a.Type {
	case sources.AuthPool:
		a.Pool = poolOf(n, base)
	case sources.AuthAWS:
		a.AWS = &sources.AWS{
			AccessKey: text("access_key"), SecretKey: text("secret_key"), SessionToken: text("session_token"),
			Region: text("region"), Service: text("service"),
		}
	case sources.AuthHMAC:
		a.HMAC = &sources.HMAC{
			Algorithm: document.ValueOr(n, "algorithm", "sha256"), Encoding: document.ValueOr(n, "key_encoding", "text"),
			Key: text("key"), Sign: text("sign"),
			Headers: paramsOf(n.Get("send").Get("headers")), Params: paramsOf(n.Get("send").Get("params")),
		}
	case sources.AuthOAuth1:
		a.Token = nil
		a.OAuth1 = &sources.OAuth1{
			Method: document.ValueOr(n, "signature_method", "HMAC-SHA1"), ConsumerKey: text("consumer_key"), ConsumerSecret: text("consumer_secret"),
			Token: text("token"), TokenSecret: text("token_secret"), Key: text("key"), Realm: text("realm"),
		}
	}
}

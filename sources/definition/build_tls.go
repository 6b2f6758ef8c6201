package definition

import (
	"crypto/tls"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
)

var tlsObject = &object{name: "TLS", check: tlsKeys, keys: []key{
	{name: "cert", kind: aTemplate, only: ofRun, doc: "The client certificate, and those between it and its authority: PEM text, or the path of a file."},
	{name: "key", kind: aTemplate, only: ofRun, doc: "Its private key, likewise."},
	{name: "ca", kind: aTemplate, only: ofRun, def: "the authorities that the machine knows", doc: "Who signed the API's certificate, likewise; nobody else is believed then."},
	{name: "pkcs12", kind: aTemplate, only: ofRun, doc: "Certificate and key in one, in place of `cert` and `key`: the path of a .p12 or .pfx file, or its content in base64."},
	{name: "password", kind: aTemplate, only: ofRun, doc: "Of `pkcs12`."},
	{name: "min_version", kind: aChoice, enum: []string{"1.0", "1.1", "1.2", "1.3"}, def: "1.2", doc: "The least version of TLS that is spoken."},
}}

// tlsKeys checks what the keys of tls are to each other.
func tlsKeys(r *reader, n *document.Node, _ *object) {
	needs := func(name, other string) {
		if n.Has(name) && !n.Has(other) {
			r.Problem(n.Get(name), "needs %s beside it", other)
		}
	}
	needs("cert", "key")
	needs("key", "cert")
	needs("password", "pkcs12")
	if n.Has("cert") && n.Has("pkcs12") {
		r.Problem(n.Get("pkcs12"), "stands for cert and key: one of the two says who asks")
	}
}

func tlsOf(n *document.Node) *sources.TLS {
	if n == nil {
		return nil
	}
	text := func(name string) *expr.Template { return document.Value[*expr.Template](n, name) }
	versions := map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}
	return &sources.TLS{
		Cert: text("cert"), Key: text("key"), CA: text("ca"), PKCS12: text("pkcs12"), Password: text("password"),
		MinVersion: versions[document.ValueOr(n, "min_version", "1.2")],
	}
}

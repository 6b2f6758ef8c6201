package identity

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
)

// Advise says what to do about a connection that does not come about since one
// side does not believe the other, or speaks no TLS; "" for other errors.
func Advise(err error) string {
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &authority):
		return "the API's certificate is signed by nobody who is known here: is the scheme of base_url right? if the API has an authority of its own, give its certificate as tls: {ca: …}"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the API's certificate is not valid at this time: it has run out, or the clock of this machine is wrong"
	case errors.As(err, &host):
		return "the API's certificate is for another host: does base_url name the API as its certificate does?"
	case errors.As(err, &record):
		return "is the scheme of base_url right? the server speaks no TLS there: write base_url: http://…, or the port on which it does"
	case errors.As(err, &cert):
		return "is the scheme of base_url right, and its certificate known here?"
	}
	return adviseAlert(err)
}

// adviseAlert does so for what the API said when it broke a handshake off (RFC 8446,
// section 6). Package crypto/tls has no type for that but its text.
func adviseAlert(err error) string {
	var remote *net.OpError
	if !errors.As(err, &remote) || remote.Op != "remote error" {
		return ""
	}
	switch said := strings.TrimPrefix(remote.Err.Error(), "tls: "); said {
	case "certificate required":
		return "the API asks for a client certificate: give it as tls: {cert: …, key: …}"
	case "expired certificate", "revoked certificate":
		return "the API no longer takes the client certificate of tls: give a new one"
	case "bad certificate", "unknown certificate", "unknown certificate authority", "unsupported certificate", "access denied":
		return "the API wants a client certificate that it knows: give one that its authority signed as tls: {cert: …, key: …}; with it, the certificates between the two"
	case "handshake failure":
		return "the API speaks TLS otherwise: it may want a client certificate, as tls: {cert: …, key: …}, or an older version, by tls.min_version"
	case "protocol version not supported":
		return "the API speaks another version of TLS: see tls.min_version"
	}
	return ""
}

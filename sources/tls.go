package sources

import "github.com/tap-rest/tap-rest/sources/expr"

// TLS says who the client is, and whom it believes, below HTTP.
type TLS struct {
	Cert       *expr.Template // PEM, or the path of a file; nil: none
	Key        *expr.Template // likewise, as those below
	CA         *expr.Template
	PKCS12     *expr.Template // base64, or the path of a file: stands for Cert and Key
	Password   *expr.Template // of PKCS12
	MinVersion uint16         // as package crypto/tls has it
}

// Parts are the templates by the names of their keys, in the order of FORMAT.md.
func (t *TLS) Parts() []Named {
	if t == nil {
		return nil
	}
	return present([]Named{{"cert", t.Cert}, {"key", t.Key}, {"ca", t.CA}, {"pkcs12", t.PKCS12}, {"password", t.Password}})
}

// Named is a template under the name of its key.
type Named struct {
	Key      string
	Template *expr.Template
}

// present are those that the definition gives.
func present(all []Named) (given []Named) {
	for _, n := range all {
		if n.Template != nil {
			given = append(given, n)
		}
	}
	return given
}

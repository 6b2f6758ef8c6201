package advice

import "github.com/tidwall/gjson"

// SOAPFault reports whether an answer in XML, as JSON, is a fault of SOAP 1.1 or 1.2, and
// returns what that says.
func SOAPFault(answer []byte) (says string, is bool) {
	fault := gjson.GetBytes(answer, "Envelope.Body.Fault")
	if !fault.IsObject() {
		return "", false
	}
	for _, path := range []string{"faultstring", "Reason.Text", "Reason.Text.0", "faultcode", "Code.Value"} {
		at := fault.Get(path)
		if text := at.Get("#text"); at.IsObject() && text.Exists() { // it has attributes
			at = text
		}
		if at.Type == gjson.String && at.Str != "" {
			return at.Str, true
		}
	}
	return fault.Raw, true
}

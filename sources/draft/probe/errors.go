package probe

import (
	"fmt"
	"net/http"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// StatusError is an answer that is no answer.
type StatusError struct {
	Status int
	Text   string // of the answer, its beginning
}

// Error says the status, and how the answer begins.
func (e *StatusError) Error() string {
	text := fmt.Sprintf("the API answered %d %s", e.Status, http.StatusText(e.Status))
	if e.Text != "" {
		text += ": " + e.Text
	}
	return text
}

// LoginError is the answer of a login: a credential, and no record.
type LoginError struct {
	Member string // of the answer, which has the credential
}

// Error names the member that has the credential, but not the credential.
func (e *LoginError) Error() string {
	return fmt.Sprintf("the request is a login: the answer is one object, whose member %s is a credential and no record", e.Member)
}

// tellsOfError is the error that an answer without records tells of, whatever its status.
func tellsOfError(l *look, all []list) error {
	body := trimBOM(l.first.Body)
	soap := []string{"Envelope", "Body"}
	if member, _, found := hint.Error(body, soap, false); found && l.format.isXML() && member.Key == "Envelope.Body.Fault" { // its texts may be a list
		return errTells(l.first.Status, member, body)
	}
	if len(all) > 0 && (all[0].isMany() && !all[0].beside || hasID(gjson.ParseBytes(body))) {
		return nil
	}
	member, _, found := hint.Error(body, nil, false)
	if !found {
		return nil
	}
	return errTells(l.first.Status, member, body)
}

func errTells(status int, member hint.Hint, body []byte) error {
	return &StatusError{status, "an answer that tells of an error, in " + member.Key + ": " + beginning(body)}
}

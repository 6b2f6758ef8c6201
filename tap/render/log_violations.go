package render

import (
	"errors"
	"log/slog"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/schema"
)

// errMisfit says that the policies of a stream do not let a record pass.
var errMisfit = errors.New("the record does not fit its schema")

// mostViolations is how many kinds of violations are logged for each stream.
const mostViolations = 10

// violationLog logs how records break their schema, once for each kind: the place and
// the rule.
type violationLog struct {
	log    *slog.Logger
	stream string
	logged map[string]bool
}

// warn warns of a violation, if it is the first of its kind.
func (u *violationLog) warn(what, record string, v *schema.Violation) {
	kind := anyElement(v.Pointer) + " " + v.Rule
	if u.logged[kind] || len(u.logged) > mostViolations {
		return
	}
	if u.logged == nil {
		u.logged = map[string]bool{}
	}
	u.logged[kind] = true
	if len(u.logged) > mostViolations {
		u.log.Warn("records break their schema in further ways: from here on they are counted, but not logged", "stream", u.stream)
		return
	}
	u.log.Warn(what+"; others like it are counted, but not logged", "stream", u.stream, "record", record, "why", v)
}

// anyElement returns a JSON pointer with * in place of array indexes, and of
// names that are numbers.
func anyElement(pointer string) string {
	steps := strings.Split(pointer, "/")
	for i, step := range steps {
		if step != "" && strings.Trim(step, "0123456789") == "" {
			steps[i] = "*"
		}
	}
	return strings.Join(steps, "/")
}

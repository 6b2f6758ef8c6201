package render

import (
	"errors"
	"log/slog"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/tap/render/findings"
)

// errMisfit says that the policies of a stream do not let a record pass.
var errMisfit = errors.New("the record does not fit its schema")

// violationLog logs how records break their schema, once for each kind: the place and
// the rule.
type violationLog struct {
	log    *slog.Logger
	stream string
	all    *findings.Stream
}

// warn warns of a violation, if it is the first of its kind.
func (u *violationLog) warn(what, record string, v *schema.Violation) {
	switch first, tooMany := u.all.First("violation", anyElement(v.Pointer)+" "+v.Rule); {
	case tooMany:
		u.log.Warn("records break their schema in further ways: from here on they are counted, but not logged", "stream", u.stream)
	case first:
		u.log.Warn(what+"; others like it are counted, but not logged", "stream", u.stream, "record", record, "why", v)
	}
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

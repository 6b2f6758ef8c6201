package render

import (
	"errors"
	"log/slog"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/schema"
)

// errUnfit is a record that the policies of its stream do not let pass.
var errUnfit = errors.New("the record does not fit its schema")

// mostUnfit is how many kinds of misfits the log tells of, for each stream.
const mostUnfit = 10

// unfit tells the log of what does not fit, once for each kind: the place and
// the rule.
type unfit struct {
	log    *slog.Logger
	stream string
	told   map[string]bool
}

// tell warns of a violation, if it is the first of its kind.
func (u *unfit) tell(what, record string, v *schema.Violation) {
	kind := anyElement(v.Pointer) + " " + v.Rule
	if u.told[kind] || len(u.told) > mostUnfit {
		return
	}
	if u.told == nil {
		u.told = map[string]bool{}
	}
	u.told[kind] = true
	if len(u.told) > mostUnfit {
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

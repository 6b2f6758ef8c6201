package paging

import (
	"fmt"

	"github.com/tap-rest/tap-rest/sources/fetch/ref"
)

// keyset is a way that asks for what comes after the last record, by a value of
// it.
type keyset struct{}

func (keyset) traits() traits { return traits{carries: "token", keyed: true, atEmpty: true} }

func (keyset) step(l *leg) (step, error) {
	if l.n == 0 {
		return step{missing: "a page without records has no last one"}, nil
	}
	field := l.stream.Pagination.Field
	v := ref.At(l.answer.Records.Record(int(l.n-1)), field)
	if v.Missing() {
		return step{}, fmt.Errorf("the last record has no %q, which pagination.field names", field)
	}
	return l.goTo(v)
}

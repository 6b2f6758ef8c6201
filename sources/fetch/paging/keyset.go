package paging

import (
	"fmt"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/fetch/ref"
	"github.com/tap-rest/tap-rest/sources/nearest"
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
		return step{}, fmt.Errorf("the last record has no %q, which pagination.field names%s", field, meant(l.answer.Records.Record(int(l.n-1)), field))
	}
	if l.next.Total == nil && l.full() && l.shared(field) {
		l.next.doubt(sharedDoubt("pagination.field", field, "a next page"))
	}
	return l.goTo(v)
}

// meant says which key of a record a path may mean that names none; "" where none is
// near.
func meant(record []byte, field string) string {
	var keys []string
	gjson.ParseBytes(record).ForEach(func(key, _ gjson.Result) bool {
		keys = append(keys, key.String())
		return len(keys) < 1000
	})
	if near := nearest.Name(field, keys); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// shared reports whether the last two records of an answer have the same value: what
// comes after it leaves out others that have it too.
func (l *leg) shared(field string) bool {
	if l.n < 2 {
		return false
	}
	a, b := l.answer.Records.Record(int(l.n-2)), l.answer.Records.Record(int(l.n-1))
	if len(a) == 0 || len(b) == 0 || &a[0] == &b[0] {
		return false // of an answer that leaves in pieces, the last record alone is known
	}
	return ref.At(a, field).Text() == ref.At(b, field).Text()
}

// sharedDoubt is the doubt that comes of it.
func sharedDoubt(key, field, before string) Doubt {
	return Doubt{
		Key:    key,
		Value:  fmt.Sprintf("%s, and the last two records before %s have the same value there: others that have it may come behind, and are not asked for", field, before),
		Advice: "name a field that no two records share, and have the API sort by it; or give pagination.total, which shows whether any is lost",
	}
}

package probe

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/pattern"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
	"github.com/tap-rest/tap-rest/sources/times"
)

// idNames are fields that tell records apart, by their names.
var idNames = []string{"id", "_id", "uuid", "guid", "Id", "ID", "uid", "rowid", "key", "gid", "sys_id", "node_id", "Key", "number", "code", "sku", "slug", "email"}

// surest is how many of idNames are proof enough, where all records differ in them.
const surest = 12

// field is what is known of a top-level field of records.
type field struct {
	name   string
	values []gjson.Result // of the records that have it
}

// fieldsOf returns the fields of records, in the order in which they come.
func fieldsOf(records []string) (all []field) {
	at := map[string]int{}
	for _, record := range records {
		gjson.Parse(record).ForEach(func(k, v gjson.Result) bool {
			i, known := at[k.Str]
			if !known {
				i = len(all)
				at[k.Str] = i
				all = append(all, field{name: k.Str})
			}
			all[i].values = append(all[i].values, v)
			return true
		})
	}
	return all
}

// distinct reports whether each of n records has the field, and none the value of another.
func (f *field) distinct(n int) bool {
	if len(f.values) != n {
		return false
	}
	seen := make(map[string]bool, n)
	for _, v := range f.values {
		if v.Type != gjson.Number && v.Type != gjson.String || v.Raw == `""` || seen[v.Raw] {
			return false
		}
		seen[v.Raw] = true
	}
	return true
}

// keyOf returns the field that tells records apart, and whether its name says that it is
// made for that. word is what the collection is called.
func keyOf(fields []field, n int, word string) (name string, isSure bool) {
	word = strings.TrimSuffix(plainName(word), "s")
	best, rank := "", len(idNames)+3
	for _, f := range fields {
		if !f.distinct(n) {
			continue
		}
		var r int
		plain := plainName(f.name)
		switch at := slices.Index(idNames, strings.TrimPrefix(f.name, "@")); { // @ is an attribute in XML
		case at >= 0:
			r = at
		case word != "" && (plain == word+"id" || plain == word+"uuid" || plain == word+"key" || plain == word+"number"):
			r = surest - 1
		case strings.HasSuffix(plain, "id") && !strings.HasSuffix(plain, "paid"):
			r = len(idNames)
		default:
			continue
		}
		if r < rank {
			best, rank = f.name, r
		}
	}
	return best, rank < surest && n > 1
}

// changeNames are fields that say by their names when a record changed, and timeNames those
// that say when it came to be.
var (
	changeNames = names("updatedat updated updatedon updateddate updatedtime updatetime updatedatetime modified modifiedat modifiedon modifieddate modifiedtime " +
		"lastmodified lastmodifiedat lastmodifieddate lastmodifiedtime lastmodifieddatetime lastupdated lastupdatedat lastupdate lastupdatedtime lastupdateddate dateupdated datemodified " +
		"dateupdatedgmt datemodifiedgmt systemmodstamp changedat changed lastchanged lastchangedate hslastmodifieddate updatedutc lasteditedtime edited editedat mtime updatedts modifiedts rev modifieddatetime syncedat")
	timeNames = names("createdat created createdon createddate createdtime timestamp date time datetime occurredat eventtime at ts insertedat publishedat receivedat sentat startedat loggedat day")
)

// timeField is a field that says how new a record is.
type timeField struct {
	name    string
	changes bool // its name says that it is when the record changed
	format  string
	sample  string
	all     []time.Time
	missing int
}

// timesOf returns the field that says how new records are: one that changes where there is
// one, and one with a time of day rather than a date alone. nil where none does.
func timesOf(fields []field, n int) (best *timeField) {
	for _, f := range fields {
		plain := plainName(f.name)
		changes := changeNames[plain]
		if !changes && !timeNames[plain] && !timeish().MatchString(f.name) {
			continue
		}
		t := readTimes(f, n)
		if t == nil {
			continue
		}
		t.changes = changes
		if best == nil || t.changes && !best.changes || t.changes == best.changes && best.format == "date" && t.format != "date" {
			best = t
		}
	}
	return best
}

var timeish = pattern.New(`(?i)(?:_at|_on|date|time|At|timestamp)$`)

// readTimes reads all values of a field as times of one kind.
func readTimes(f field, n int) *timeField {
	t := &timeField{name: f.name, missing: n - len(f.values)}
	for _, v := range f.values {
		if v.Type == gjson.Null {
			t.missing++
			continue
		}
		at, format, ok := timeOf(v)
		if !ok || t.format != "" && t.format != format && !(strings.HasPrefix(t.format, "rfc") && strings.HasPrefix(format, "rfc")) {
			return nil
		}
		t.format, t.sample = format, v.String()
		t.all = append(t.all, at)
	}
	if len(t.all) == 0 || t.missing*2 > n {
		return nil
	}
	return t
}

var (
	isDate    = pattern.New(`^\d{4}-\d{2}-\d{2}$`)
	isRFC3339 = pattern.New(`^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:?\d{2})?$`)
)

// timeOf reads a value as a time, and names the format of windows that is like it.
func timeOf(v gjson.Result) (at time.Time, format string, ok bool) {
	text := v.String()
	switch {
	case v.Type == gjson.Number && isWhole(strings.TrimSuffix(text, "000")) && len(text) >= 9 && len(text) <= 13:
		format = "epoch"
		if len(text) > 11 {
			format = "epoch_ms"
		}
	case v.Type != gjson.String || len(text) < 8:
		return at, "", false
	case isDate().MatchString(text):
		format = "date"
	case isRFC3339().MatchString(text):
		format = "rfc3339"
	case len(text) > 40:
		return at, "", false
	default:
		format = "text"
	}
	at, err := times.Parse(text)
	if err != nil || at.Year() < 1990 || at.Year() > 2100 {
		return at, "", false
	}
	return at, format, true
}

// evidence says what was seen of a key.
func keyEvidence(n, pages int) string {
	return fmt.Sprintf("differs in all of %s, on %s", hint.Counted(int64(n), "record"), hint.Counted(int64(pages), "page"))
}

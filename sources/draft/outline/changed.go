package outline

import (
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/sources/pattern"

	"github.com/tap-rest/tap-rest/sources/draft"
)

var (
	// changedParam are parameters that ask for what changed after a time.
	changedParam = pattern.New(`^(?:filter)?(?:(?:updated?|modified|changed|lastupdated|lastmodified|lastchanged)(?:at|on|date|time)?(?:since|after|from|gte?|ge|min|start)|(?:since|after)(?:updated|modified|changed)?(?:at|date|time)?|(?:modified|updated|changed)(?:since)?|since|startdate|fromdate|datefrom|starttime|begindate)$`)
	// changedField are fields that say when a record changed.
	changedField = pattern.New(`^(?:(?:updated?|modified|changed|lastupdated?|lastmodified|lastchanged|lastmodification|modification|sysupdated|sysmodified|systemmod)(?:at|on|date|time|datetime|stamp|timestamp|utc)?|systemmodstamp|lastedited(?:at|time|date)?|mtime)$`)
	madeField    = pattern.New(`^(?:created?|inserted|creation)(?:at|on|date|time|datetime)?$|^(?:timestamp|date|time|occurredat)$`)
)

// ChangedField returns the field of a record that most likely moves with each
// change; "" where there is none.
func ChangedField(record *Type) string {
	if record == nil {
		return ""
	}
	for _, f := range record.Fields {
		if changedField().MatchString(plain(f.Name)) && (len(f.Type.Kinds) == 0 || f.Type.IsScalar()) && !f.Type.Is("boolean") {
			return f.Name
		}
	}
	return ""
}

// Changed asks whether a parameter finds what is new.
func (r *Request) Changed(stream *draft.Map) {
	param := ""
	for _, q := range r.Params {
		if changedParam().MatchString(plain(q.Name)) && !r.Sent[q.Name] && !tokenWords[plain(q.Name)] {
			param = q.Name
			break
		}
	}
	if param == "" {
		return
	}
	field := ChangedField(r.Records.Type)
	if field == "" && r.Records.Type != nil {
		for _, f := range r.Records.Type.Fields {
			if madeField().MatchString(plain(f.Name)) {
				field = f.Name
				break
			}
		}
	}
	question := fmt.Sprintf("Does %s give what changed since then, by the field %s of the records? Then these lines read only what is new.", param, field)
	if field == "" {
		field = "updated_at"
		question = fmt.Sprintf("Does %s give what changed since then, and which field of the records says when they did? Then these lines read only what is new.", param)
	}
	stream.Ask("replication_key", field, question)
	stream.Ask("incremental", new(draft.Map).Set("start", "2020-01-01T00:00:00Z", ""), "")
	stream.At("params").Ask(param, "{{ window.start }}", "With replication_key and incremental below:")
}

// KeyField returns the field of a record that is its key by what it is called,
// and whether it is there in each record.
func KeyField(record *Type, called string) (name string, always bool) {
	if record == nil {
		return "", false
	}
	one := plain(Singular(called))
	for _, want := range []string{"id", one + "id", one + "uuid", "uuid", "guid", "gid", "key", "_id", one + "key", one + "no", one + "number", one + "code", "sid"} {
		for _, f := range record.Fields {
			exact := plain(f.Name) == plain(want) && (want != "_id" || f.Name == "_id")
			if exact && f.Type.IsScalar() && !f.Type.Is("boolean") && !strings.ContainsAny(f.Name, "{}") {
				return f.Name, f.Required
			}
		}
	}
	return "", false
}

package hint

import (
	"net/http"
	"strings"

	"github.com/tidwall/gjson"
)

// errorNames are keys under which answers tell of an error, and wellNames those
// that say whether all is well: in lower case, without what is neither a letter
// nor a digit.
var (
	errorNames = set("error errors errormessage errormsg errorcode errordescription fault exception failure")
	wellNames  = set("ok success succeeded issuccess successful")
	// standNames say how an answer stands, in a word or as HTTP does; lackNames, that
	// it has not all that was asked for.
	standNames = set("status code statuscode httpstatus httpcode httpstatuscode")
	badWords   = set("error fail failed failure fault exception")
	lackNames  = set("timedout partial ispartial partialresult partialresults partialdata incomplete isincomplete incompleteresults resultsincomplete")
)

// Error finds what an answer without records says of an error: such an answer
// may be none to what was asked, whatever its status. place are the keys that
// lead to the records; member is the one that tells, and rule what a rule that
// makes the answer fail looks at. It returns false where no member does. things says that
// an object with an identity of its own may be a thing, whose status is none of the answer.
func Error(body []byte, place []string, things bool) (member Hint, rule string, found bool) {
	for _, path := range []string{"Envelope.Body.Fault", "Fault"} { // of SOAP
		if v := parse(body).Get(path); isError(v) {
			return Hint{Key: path, Value: v.Raw}, "response." + path, true
		}
	}
	found = along(body, place, func(path string, key, v gjson.Result) bool {
		name := PlainName(key.Str)
		member = Hint{Key: joinPath(path, key.Str), Value: v.Raw}
		switch {
		case errorNames[name] && isError(v):
			rule = "response." + member.Key
		case wellNames[name] && (v.Type == gjson.False || v.Type == gjson.String && strings.EqualFold(v.Str, "false")):
			rule = "response." + member.Key + " == false"
		case standNames[name] && standsBad(v) && (name != "status" && name != "code" || !things || !isThing(body, path)):
			rule = "response." + member.Key + " == " + strings.ReplaceAll(v.Raw, `"`, "'")
		default:
			return false
		}
		return true
	})
	return member, rule, found
}

// Lacks finds what an answer says of records that it lacks, be there others: it came
// too late, or parts of the index failed. things is that of [Error].
func Lacks(body []byte, place []string, things bool) (member Hint, rule string, found bool) {
	found = along(body, place, func(path string, key, v gjson.Result) bool {
		name := PlainName(key.Str)
		member = Hint{Key: joinPath(path, key.Str), Value: v.Raw}
		if truth, isBool := truthOf(v); isBool && truth && lackNames[name] && (!things || !isThing(body, path)) {
			rule = "response." + member.Key
			return true
		}
		if failed := v.Get("failed"); name == "shards" && v.IsObject() && failed.Type == gjson.Number && failed.Num > 0 { // Elasticsearch
			member = Hint{Key: joinPath(member.Key, "failed"), Value: failed.Raw}
			rule = "response." + member.Key + " > 0"
			return true
		}
		return false
	})
	return member, rule, found
}

// along looks at the members of each object on the way to the records, and reports
// whether one of them is it.
func along(body []byte, place []string, is func(path string, key, v gjson.Result) bool) (found bool) {
	at, path := parse(body), ""
	for depth := 0; at.IsObject() && !found && depth <= len(place); depth++ {
		n, next := 0, gjson.Result{}
		at.ForEach(func(key, v gjson.Result) bool {
			if depth < len(place) && key.Str == place[depth] && !next.Exists() {
				next = v
			}
			found = n < hintMembers && is(path, key, v)
			n++
			return !found && (n < hintMembers || depth < len(place) && !next.Exists())
		})
		if depth < len(place) {
			path, at = joinPath(path, place[depth]), next
		}
	}
	return found
}

// isThing reports whether the object at a path has an identity of its own: then what it
// says of how it stands is about that, as of a payment that failed, and not about the answer.
func isThing(body []byte, path string) (is bool) {
	at := parse(body)
	if path != "" {
		at = at.Get(path)
	}
	n := 0
	at.ForEach(func(key, _ gjson.Result) bool {
		name := PlainName(key.Str)
		is = name == "id" || name == "uuid" || name == "guid"
		n++
		return !is && n < hintMembers
	})
	return is
}

// standsBad reports whether a value says that an answer is no good: a word for a failure,
// or a status of HTTP from 400 on. Beside no records, 404 says what the empty list says.
func standsBad(v gjson.Result) bool {
	if v.Type == gjson.String && badWords[strings.ToLower(strings.TrimSpace(v.Str))] {
		return true
	}
	n, isCount := countOf(v)
	return isCount && n >= 400 && n < 600 && n != http.StatusNotFound
}

// isError reports whether a value under an error's name is one: not null,
// false, 0, empty, or a word for none, nor an object or a list of nothing else.
func isError(v gjson.Result) bool { return isErrorWithin(v, hintDepth) }

func isErrorWithin(v gjson.Result, depth int) bool {
	switch v.Type {
	case gjson.True:
		return true
	case gjson.Number:
		return v.Num != 0
	case gjson.String:
		text := strings.ToLower(strings.TrimSpace(v.Str))
		return strings.Trim(text, "0") != "" && text != "none" && text != "null" && text != "ok" && text != "success" && text != "no error"
	case gjson.JSON: // {"code": 0, "message": ""} and {"count": 0, "items": []} are none
		found := false
		v.ForEach(func(_, inner gjson.Result) bool {
			found = depth == 0 || isErrorWithin(inner, depth-1)
			return !found
		})
		return found
	}
	return false
}

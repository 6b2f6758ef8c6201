package schema

import (
	"slices"
	"strconv"
	"strings"

	"github.com/xeipuuv/gojsonschema"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// maxRepairRounds is how often a record that is being repaired goes to the
// judge. Almost all need two: one that says what is wrong, one that accepts.
const maxRepairRounds = 100

// Repair is a value that was replaced by null.
type Repair struct {
	Pointer string    // JSON pointer of what is null now
	Broken  Violation // the rule that it broke, or that a value inside it did
}

// AppendRepaired appends the record to dst with null in place of the values
// that break the schema, and returns what it replaced, in the record's order.
// All else is as it was, byte for byte, and the judge accepts the whole; of
// members with equal names each is replaced.
//
// Where the schema does not allow null, the nearest value around is replaced
// that may be null, but never the record, nor a field at its top whose name is
// in keep. Where an object lacks a field or has one that it must not have,
// there is no value to replace. What stands in the way then is stuck, and dst
// is returned as it came.
func (s *Schema) AppendRepaired(dst, record []byte, keep []string) (_ []byte, repairs []Repair, stuck *Violation) {
	r := repairing{text: record, keep: keep, nulls: map[string]*Repair{}, around: map[string]bool{}}
	repaired := record
	for range maxRepairRounds {
		errs, v := s.Judge(repaired)
		switch {
		case len(errs) > 0:
			stuck = r.takeAll(repaired, errs)
		case v == nil:
			return append(dst, repaired...), r.made, nil
		case v.Rule == ruleNumber:
			stuck = r.take(pathTo(v.Pointer), *v)
		default:
			stuck = v
		}
		if stuck != nil {
			return dst, nil, stuck
		}
		repaired = r.render()
	}
	return dst, nil, s.Check(repaired)
}

// repairing is the repair of one record. Places in it are paths: the steps
// from [rootStep] on with a [stepMark] between each two, as gojsonschema tells
// them.
type repairing struct {
	text   raw.Text
	keep   []string
	nulls  map[string]*Repair // by the paths of what is replaced
	around map[string]bool    // paths of the objects and arrays around these
	made   []Repair           // by the last rendering
}

const rootStep = "(root)"

// pathTo returns the path that a JSON pointer stands for.
func pathTo(pointer string) string {
	return strings.Join(append([]string{rootStep}, raw.Steps(pointer)...), stepMark)
}

// takeAll notes the values that the errors are about, and returns the one that
// cannot be helped. Where errors lie inside each other only the innermost
// count: the outer ones may be gone with them.
func (r *repairing) takeAll(repaired []byte, errs []gojsonschema.ResultError) *Violation {
	slices.SortFunc(errs, compareErrors)
	outer := map[string]bool{rootStep: true}
	for _, e := range errs {
		if !isAboutValue(e) {
			continue
		}
		eachAround(contextSteps(e), func(path string) bool {
			known := outer[path]
			outer[path] = true
			return !known
		})
	}
	helped := false
	for _, e := range errs {
		path := contextSteps(e)
		if !isAboutValue(e) || outer[path] {
			continue
		}
		helped = true
		v, steps := violationOf(e)
		if stuck := r.take(path, *v); stuck != nil {
			if stuck.Value == "" {
				stuck.Value = shorten(raw.Text(repaired).Find(steps))
			}
			return stuck
		}
	}
	if !helped {
		return newViolation(repaired, errs)
	}
	return nil
}

// isAboutValue reports whether an error is about a value, rather than one that
// is missing or must not be there, or another error.
func isAboutValue(e gojsonschema.ResultError) bool {
	switch e.Type() {
	case "required", "missing_dependency", "additional_property_not_allowed", "false":
		return false
	}
	return vagueness(e) == 0
}

// eachAround calls visit for the paths around a path, from the inside out,
// until visit returns false.
func eachAround(path string, visit func(path string) bool) {
	for i := strings.LastIndex(path, stepMark); i >= 0; i = strings.LastIndex(path, stepMark) {
		path = path[:i]
		if !visit(path) {
			return
		}
	}
}

// take notes that the value at a path is to be null. Where it is null already,
// which the schema does not allow then, the value around it is. It returns the
// violation where there is none that may be null.
func (r *repairing) take(path string, broken Violation) *Violation {
	if old := r.nulls[path]; old != nil {
		broken = old.Broken
		path = path[:strings.LastIndex(path, stepMark)]
	}
	steps := strings.Split(path, stepMark)[1:]
	if len(steps) == 0 || slices.Contains(r.keep, steps[0]) {
		return &broken
	}
	if r.nulls[path] == nil {
		r.nulls[path] = &Repair{pointerOf(steps), broken}
	}
	eachAround(path, func(path string) bool {
		known := r.around[path]
		r.around[path] = true
		return !known
	})
	return nil
}

// render returns the record with all that is to be null.
func (r *repairing) render() []byte {
	r.made = nil
	i := r.text.AfterSpace(0)
	end := r.text.AfterValue(i)
	dst := append(make([]byte, 0, len(r.text)), r.text[:i]...)
	dst = r.append(dst, []byte(rootStep), i, end)
	return append(dst, r.text[end:]...)
}

// append appends the value text[i:end], which lies at path.
func (r *repairing) append(dst, path []byte, i, end int) []byte {
	if one := r.nulls[string(path)]; one != nil {
		if one.Broken.Value == "" || one.Broken.Pointer == one.Pointer {
			one.Broken.Value = shorten(r.text[i:end])
		}
		r.made = append(r.made, *one)
		return append(dst, "null"...)
	}
	if !r.around[string(path)] {
		return append(dst, r.text[i:end]...)
	}
	for c := r.text.Items(i); c.Next(); i = c.End {
		dst = append(dst, r.text[i:c.Start]...)
		dst = r.append(dst, appendPath(path, &c), c.Start, c.End)
	}
	return append(dst, r.text[i:end]...)
}

// appendPath appends the step to where c stands to a path.
func appendPath(path []byte, c *raw.Items) []byte {
	path = append(path, stepMark...)
	if !c.Keyed {
		return strconv.AppendInt(path, int64(c.Index), 10)
	}
	return append(path, c.Key.Name()...)
}

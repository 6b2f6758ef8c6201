package schema

import (
	"bytes"
	"slices"
	"unsafe"

	"github.com/tap-rest/tap-rest/catalog/schema/scan"
	"github.com/tidwall/gjson"
)

// ask has gjson follow step n in the proven value [i, end) and takes the
// records of what it finds.
func (s *PageScanner) ask(i, end, n int) {
	value := s.proof.Text[i:end]
	found, err := s.steps[n].follow(value)
	at, size := found.Index, len(found.Raw)
	switch {
	case err != nil:
		s.differs(scan.NotJSON, i, pageWhere{step: n}, "expected JSON in the string", err.Error())
	case !found.Exists():
		s.missing(i, pageWhere{step: n})
	case at > 0 && at+size <= len(value) && string(value[at:at+size]) == found.Raw:
		s.place(i+at, n)
	default:
		s.takeMade(found.Raw, i, n)
	}
}

// follow returns what the step's pipes lead to in a proven value: nothing, if
// one of them leads nowhere. What it returns may lie in value, and is good as
// long as that. Its error says that a string holds no JSON.
func (step *pageStep) follow(value []byte) (gjson.Result, error) {
	found := gjson.Parse(unsafe.String(unsafe.SliceData(value), len(value)))
	for _, pipe := range step.pipes {
		switch {
		case pipe == pageFromString && found.Type == gjson.String:
			// gjson would go on with a text that is cut short.
			text := []byte(found.Str)
			if err := scan.Prove(text); err != nil {
				return gjson.Result{}, err
			}
			found = gjson.ParseBytes(bytes.TrimSpace(bytes.TrimPrefix(text, scan.BOM)))
		case pipe == pageFromString, found.Type != gjson.JSON && pipe[0] != '@':
			// gjson would look for brackets inside a string.
			return gjson.Result{}, nil
		default:
			found = found.Get(pipe)
		}
		if !found.Exists() {
			return gjson.Result{}, nil
		}
	}
	return found, nil
}

// takeMade takes the records of a text that gjson made of the value at i.
func (s *PageScanner) takeMade(text string, i, n int) {
	p := &s.proof
	outer, from, depth, base, origin := p.Text, p.From, p.Depth, s.base, s.origin
	if base == 0 {
		s.origin = p.At(i)
	}
	begin := len(s.page.made)
	s.page.made = append(s.page.made, text...)
	p.From, p.Text, s.base = 0, slices.Clip(s.page.made[begin:]), len(s.page.Body)+begin
	kept := s.keepMade()

	if end := s.place(0, n); end >= 0 {
		p.Finish(end)
	}
	if p.Fault != nil { // the body may be JSON all the same
		s.differs(p.Fault.Kind, 0, pageWhere{step: n}, "expected JSON", p.Fault.Msg)
		p.Fault = nil
	}
	s.kept = kept
	p.Text, p.From, p.Depth, s.base, s.origin = outer, from, depth, base, origin
}

package raw

import (
	"strconv"
	"strings"
)

// Pointer returns the JSON pointer of the value that begins at t[offset].
func (t Text) Pointer(offset int) string {
	var pointer []byte
	for i := t.AfterSpace(0); i < offset; {
		c := t.Items(i)
		for c.Next() && c.End <= offset {
		}
		if c.Start <= i || c.Start > offset {
			break
		}
		if c.Keyed {
			pointer = AppendStep(pointer, c.Key.Unquote())
		} else {
			pointer = strconv.AppendInt(append(pointer, '/'), int64(c.Index), 10)
		}
		i = c.Start
	}
	return string(pointer)
}

// AppendStep appends one step to a JSON pointer, slash included.
func AppendStep[T ~string | ~[]byte](pointer []byte, name T) []byte {
	pointer = append(pointer, '/')
	for i := range len(name) {
		switch c := name[i]; c {
		case '~':
			pointer = append(pointer, "~0"...)
		case '/':
			pointer = append(pointer, "~1"...)
		default:
			pointer = append(pointer, c)
		}
	}
	return pointer
}

// Step returns name as one step of a JSON pointer, slash included.
func Step(name string) string { return string(AppendStep(nil, name)) }

// Steps returns the names in a JSON pointer.
func Steps(pointer string) []string {
	steps := strings.Split(pointer, "/")[1:]
	for i, step := range steps {
		steps[i] = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
	}
	return steps
}

// Find returns the value to which steps lead from the value that t is; nil if it
// is not there. Of equal names the last one counts.
func (t Text) Find(steps []string) Text {
	i := t.AfterSpace(0)
	for _, step := range steps {
		found := -1
		for c := t.Items(i); c.Next(); {
			if c.Keyed && c.Key.Is(step) || !c.Keyed && strconv.Itoa(c.Index) == step {
				found = c.Start
			}
		}
		if found < 0 {
			return nil
		}
		i = found
	}
	return t.Value(i)
}

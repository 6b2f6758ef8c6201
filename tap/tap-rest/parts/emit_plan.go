package parts

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/planfile"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// Emit is a run that writes a plan of what it leaves to others.
func Emit(rt *program.Runtime, o tap.Options, file string, watch program.WatchFlags) error {
	if err := workdir.Writable(file); err != nil {
		return &tap.InputError{Err: fmt.Errorf("--emit-plan %s: %w", file, err)}
	}
	if err := workdir.Replaceable(file, `{"plan":`); err != nil {
		return &tap.InputError{Err: fmt.Errorf("--emit-plan: %s is not replaced: %w", file, err)}
	}
	lines, err := os.CreateTemp("", "tap-rest-plan-*")
	if err != nil {
		return &tap.InputError{Err: fmt.Errorf("--emit-plan: %w", err)}
	}
	defer os.Remove(lines.Name())
	defer lines.Close()
	o.HandOut = handOut(lines, file)
	return rt.Sync(o, watch)
}

// handOut writes a plan to a file once it is whole: before, its lines wait in another
// file, since the first one says how the run has ended.
func handOut(lines *os.File, file string) *tap.HandOut {
	all := JSONLines(lines)
	return &tap.HandOut{
		Line: func(p planfile.Planned) error { return all.Encode(p) },
		End: func(head planfile.Head, n int) error {
			if _, err := lines.Seek(0, io.SeekStart); err != nil {
				return err
			}
			return workdir.ReplaceBy(file, func(to io.Writer) error {
				out := JSONLines(to)
				if err := out.Encode(head); err != nil {
					return err
				}
				if _, err := io.Copy(to, lines); err != nil {
					return err
				}
				return out.Encode(planfile.End{End: n})
			})
		},
	}
}

// JSONLines writes JSON, a value on each line.
func JSONLines(to io.Writer) *json.Encoder {
	out := json.NewEncoder(to)
	out.SetEscapeHTML(false)
	return out
}

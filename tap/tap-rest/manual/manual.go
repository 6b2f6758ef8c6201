// Package manual writes the manual page of the program, in the language of man(7), from
// the model of its command line: what --help says of each command stands on it.
package manual

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// Section is one that the model does not have.
type Section struct {
	Title string
	Text  string // lines are kept as they are
}

// Page returns the page. Text is what the program's help begins with.
func Page(model *kong.Application, version, text string, more ...Section) []byte {
	w := &writer{}
	w.line(`.TH %s 1 "" %s "User Commands"`, quoted(strings.ToUpper(model.Name)), quoted(model.Name+" "+version))
	w.line(".SH NAME")
	first, rest, _ := strings.Cut(text, "\n")
	w.text(model.Name + " - " + strings.TrimSuffix(strings.TrimPrefix(first, model.Name+" "), "."))
	w.line(".SH SYNOPSIS")
	w.line(`.B %s`, escape(model.Name))
	w.line(`[\fIcommand\fR] [\fIflags\fR]`)
	w.line(".SH DESCRIPTION")
	w.text(first)
	w.verbatim(rest)
	w.line(".SH OPTIONS")
	if model.DefaultCmd != nil {
		w.flags(model.DefaultCmd.Flags)
	}
	w.flags(model.Flags)
	w.line(".SH COMMANDS")
	w.commands(model, model.Node)
	for _, s := range more {
		w.line(".SH %s", quoted(strings.ToUpper(s.Title)))
		w.verbatim(s.Text)
	}
	return []byte(w.String())
}

type writer struct{ strings.Builder }

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// text writes lines that are filled.
func (w *writer) text(text string) {
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		w.line("%s", escape(line))
	}
}

// verbatim writes lines that stay as they are.
func (w *writer) verbatim(text string) {
	if text = strings.Trim(text, "\n"); text == "" {
		return
	}
	w.line(".PP\n.nf")
	for line := range strings.SplitSeq(text, "\n") {
		w.line("%s", escape(line))
	}
	w.line(".fi")
}

func (w *writer) flags(flags []*kong.Flag) {
	for _, f := range flags {
		if f.Hidden {
			continue
		}
		w.line(".TP")
		w.line(`\fB%s\fR`, escape(f.String()))
		w.text(f.Help + envs(f))
	}
}

func envs(f *kong.Flag) string {
	if len(f.Envs) == 0 {
		return ""
	}
	return " Variable: " + strings.Join(f.Envs, ", ") + "."
}

// commands writes those below a command, and below them.
func (w *writer) commands(model *kong.Application, above *kong.Node) {
	for _, c := range above.Children {
		if c.Hidden || c == model.DefaultCmd {
			continue
		}
		if !c.Leaf() {
			w.commands(model, c)
			continue
		}
		w.line(`.SS %s`, quoted(model.Name+" "+c.Summary()))
		w.text(c.Help)
		w.verbatim(c.Detail)
		for _, p := range c.Positional {
			w.line(".TP")
			w.line(`\fI%s\fR`, escape(p.Summary()))
			w.text(p.Help)
		}
		for n := c; n != nil && n != model.Node; n = n.Parent {
			w.flags(n.Flags)
		}
	}
}

var special = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, "…", `\&...`)

// escape writes text so that nothing in it is a request or an escape.
func escape(text string) string {
	text = special.Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}

// quoted is text as one argument of a request.
func quoted(text string) string { return `"` + strings.ReplaceAll(escape(text), `"`, `\(dq`) + `"` }

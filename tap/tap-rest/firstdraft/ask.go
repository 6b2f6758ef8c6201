package firstdraft

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/tap/tap-rest/console"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// asker asks a person on a terminal. Where there is none, the first option is taken, and
// yes is no.
type asker struct {
	in  *bufio.Reader // nil: nobody is there
	out io.Writer
}

// newAsker asks on stderr and reads stdin, where both are a terminal.
func newAsker(rt *program.Runtime, yes bool) *asker {
	if yes || !console.IsTerminal(os.Stdin) || !console.IsTerminal(os.Stderr) {
		return &asker{}
	}
	return &asker{bufio.NewReader(os.Stdin), promptWriter{rt}}
}

// promptWriter writes to stderr, behind what the console has to say.
type promptWriter struct{ rt *program.Runtime }

func (w promptWriter) Write(p []byte) (int, error) {
	w.rt.Console.Clear()
	w.rt.Console.Flush()
	return os.Stderr.Write(p)
}

// answer is what the person types; absent where that is nothing.
func (a *asker) answer(absent, format string, args ...any) string {
	fmt.Fprintf(a.out, format+" ", args...)
	line, err := a.in.ReadString('\n')
	line = strings.TrimSpace(line)
	if line == "" || err != nil && line == "" {
		return absent
	}
	return line
}

// choose returns which of the options is meant: its number or its text. The first is
// the likeliest.
func (a *asker) choose(question string, options []string) int {
	if a.in == nil || len(options) < 2 {
		return 0
	}
	fmt.Fprintln(a.out, question)
	for i, option := range options {
		fmt.Fprintf(a.out, "  %d  %s\n", i+1, option)
	}
	for {
		answer := a.answer("1", "Which? [1]")
		if n, err := strconv.Atoi(answer); err == nil && n >= 1 && n <= len(options) {
			return n - 1
		}
		for i, option := range options {
			if first, _, _ := strings.Cut(option, " "); first == answer {
				return i
			}
		}
		fmt.Fprintf(a.out, "%s is none of them: type a number from 1 to %d.\n", strconv.Quote(answer), len(options))
	}
}

// yes asks what is answered by yes or no.
func (a *asker) yes(absent bool, question string) bool {
	if a.in == nil {
		return false
	}
	hint := "[y/N]"
	if absent {
		hint = "[Y/n]"
	}
	switch strings.ToLower(a.answer("", "%s %s", question, hint)) {
	case "y", "yes":
		return true
	case "n", "no":
		return false
	}
	return absent
}

// text asks for a text.
func (a *asker) text(absent, question string) string {
	if a.in == nil {
		return absent
	}
	return a.answer(absent, "%s [%s]", question, absent)
}

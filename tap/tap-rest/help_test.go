package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

// TestHelpFitsOnAScreen asks every command for its help.
func TestHelpFitsOnAScreen(t *testing.T) {
	parser, err := kong.New(&cli{}, kong.ExplicitGroups(commandGroups), kong.Vars{"version": "", "log_format": "text", "log_level": "info", "readers": ""})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	var ask func(n *kong.Node, args string)
	ask = func(n *kong.Node, args string) {
		asked++
		cmd := exec.Command("tap-rest", append(strings.Fields(args), "--help")...)
		cmd.Env = append(os.Environ(), "COLUMNS=80")
		out, err := cmd.Output()
		if err != nil || len(out) == 0 {
			t.Errorf("%s --help: %v", args, err)
		}
		if n := strings.Count(string(out), "\n"); n > screenLines {
			t.Errorf("tap-rest %s --help has %d lines, want %d at most", args, n, screenLines)
		}
		for line := range strings.Lines(string(out)) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > screenColumns {
				t.Errorf("tap-rest %s --help has a line of %d columns, want %d at most: %s", args, n, screenColumns, line)
			}
		}
		for _, c := range n.Children {
			ask(c, strings.TrimSpace(args+" "+c.Name))
		}
	}
	ask(parser.Model.Node, "")
	if asked < 25 {
		t.Errorf("%d commands were asked", asked)
	}
}

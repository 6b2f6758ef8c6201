package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// fence matches a block of code in the README: its language, after that the
// file that it is to be saved as, and its text.
var fence = regexp.MustCompile("(?ms)^```(\\w+) ?(\\S*)\n(.*?)^```$")

// blockMark stands alone on a line of output before that of a block.
const blockMark = "--block--"

// TestReadme does what the README says, from its first block to its last, as
// one shell: files are saved, commands are run, and each line of a text block
// must be in the output of the commands before it, … standing for anything.
func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell")
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(readme), "127.0.0.1:8025", freeAddress(t))
	dir := t.TempDir()
	script := "set -eu\ntrap 'kill $!' EXIT\n"
	var wanted [][]string // of each block of commands, the lines of its output
	for _, block := range fence.FindAllStringSubmatch(text, -1) {
		language, file, body := block[1], block[2], block[3]
		switch {
		case file != "":
			if err := os.WriteFile(filepath.Join(dir, file), []byte(body), 0o600); err != nil {
				t.Fatal(err)
			}
		case language == "sh" && strings.HasPrefix(body, "make "):
			wantTargets(t, body)
		case language == "sh":
			script += "echo " + blockMark + "\n" + body
			wanted = append(wanted, nil)
		case language == "text":
			wanted[len(wanted)-1] = slices.Collect(strings.Lines(body))
		}
	}
	compareOutput(t, runScript(t, shell, dir, script), wanted)
}

// freeAddress returns an address of loopback that nobody listens on.
func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// wantTargets wants every line to be make and a target of the Makefile.
func wantTargets(t *testing.T, body string) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(body) {
		target := strings.TrimPrefix(strings.TrimSpace(line), "make ")
		if !bytes.Contains(makefile, []byte("\n"+target+":")) {
			t.Errorf("the Makefile has no target %q", target)
		}
	}
}

// runScript returns what a shell script prints on stdout and stderr.
func runScript(t *testing.T, shell, dir, script string) string {
	cmd := exec.CommandContext(t.Context(), shell, "-c", script)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second // the server that it starts holds the pipe too
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "TAP_REST_") || strings.HasPrefix(v, "XDG_")
	}), "HOME="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v in\n%s\n%s", err, script, out)
	}
	return string(out)
}

// compareOutput wants the lines of each block to be in its output.
func compareOutput(t *testing.T, output string, wanted [][]string) {
	parts := strings.Split(output, blockMark+"\n")[1:]
	if len(parts) != len(wanted) {
		t.Fatalf("%d blocks of commands were run, want %d", len(parts), len(wanted))
	}
	for i, lines := range wanted {
		for _, line := range lines {
			line = strings.TrimSuffix(line, "\n")
			pattern := fmt.Sprintf("(?m)^%s$", strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*"))
			if !regexp.MustCompile(pattern).MatchString(parts[i]) {
				t.Errorf("block %d does not print %q; it prints\n%.3000s", i+1, line, parts[i])
			}
		}
	}
}

//go:build unix

package main_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/testrig"
)

// fence matches a block of code in a document: its language, after that the
// file that it is to be saved as, or of commands what they need, and its text.
var fence = regexp.MustCompile("(?ms)^```(\\w+) ?(\\S*)\n(.*?)^```$")

// blockMark stands alone on a line of output before that of a block.
const blockMark = "--block--"

// TestReadme does what the README says, but for what needs programs from PyPI: the
// interop tests run that.
func TestReadme(t *testing.T) {
	t.Parallel() // it waits for most of its time
	dir := t.TempDir()
	runDocument(t, dir, freeAddress(t), ownEnv(dir), string(testrig.Read(t, "../../README.md")))
}

// readmeAddress is where the documents' sample API is.
const readmeAddress = "127.0.0.1:8025"

// runDocument does what a text says, from its first block to its last, in dir
// as one shell: files are saved, commands are run, and each line of a text block
// must be in the output of the commands before it, … standing for anything.
// Commands marked needs=PROGRAM are left out, with what they print, unless the
// program is one of these. Commands for a terminal of their own are run beside the
// others, and those for a checkout are run by TestInteropMeasurements.
func runDocument(t *testing.T, dir, address string, env []string, text string, programs ...string) {
	script := "set -eu\ntrap 'kill ${!:-} 2>/dev/null || :' EXIT\n"
	var wanted [][]string // of each block of commands, the lines of its output
	left := false         // out: the commands before
	for _, block := range fence.FindAllStringSubmatch(strings.ReplaceAll(text, readmeAddress, address), -1) {
		language, mark, body := block[1], block[2], block[3]
		switch {
		case language == "sh":
			program, needs := strings.CutPrefix(mark, "needs=")
			if mark == inTerminal {
				runInTerminal(t, dir, env, body)
			}
			if left = mark == inTerminal || mark == inCheckout || needs && !slices.Contains(programs, program); left {
				continue
			}
			script += "echo " + blockMark + "\n" + withoutMake(t, body)
			wanted = append(wanted, nil)
		case language == "text" && !left:
			wanted[len(wanted)-1] = slices.Collect(strings.Lines(body))
		case mark != "":
			writeFile(t, dir, mark, []byte(body))
		}
	}
	if len(wanted) > 0 {
		compareOutput(t, runScript(t, dir, env, script), wanted)
	}
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

// withoutMake returns commands without those of make, of which it wants only
// that their targets exist: tests are one of them.
func withoutMake(t *testing.T, body string) (rest string) {
	makefile := testrig.Read(t, "../../Makefile")
	for line := range strings.Lines(body) {
		target, found := strings.CutPrefix(strings.TrimSpace(line), "make ")
		if !found {
			rest += line
		} else if !bytes.Contains(makefile, []byte("\n"+target+":")) {
			t.Errorf("the Makefile has no target %q", target)
		}
	}
	return rest
}

// runScript returns what a shell script prints on stdout and stderr.
func runScript(t *testing.T, dir string, env []string, script string) string {
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second // the server that it starts holds the pipe too
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v in\n%s\n%s", err, script, out)
	}
	return string(out)
}

// ownEnv is the environment without settings and folders of ours: TAP_REST_
// variables would be settings, and caches and journals go under home.
func ownEnv(home string) []string {
	return append(slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "TAP_REST_") || strings.HasPrefix(v, "XDG_")
	}), "HOME="+home)
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

//go:build unix

package main_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

var update = flag.Bool("update", false, "write what is generated of docs/reference.md")

// TestReference holds docs/reference.md to what --help says of each command.
func TestReference(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- commands -->\n", "<!-- end -->"
	file := filepath.Join(docs, "reference.md")
	text := string(testrig.Read(t, file))
	head, rest, found := strings.Cut(text, begin)
	_, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the commands, between %q and %q", file, begin, end)
	}
	want := head + begin + commandReference(t) + end + tail
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if text != want {
		t.Errorf("%s is not what --help says: go test ./tap/tap-rest -run TestReference -update", file)
	}
}

// commandReference is a section for the program and for each of its commands.
func commandReference(t *testing.T) string {
	all := helpOf(t)
	var b strings.Builder
	flags, _, _ := strings.Cut(all[strings.Index(all, "\nFlags:\n")+1:], "\nCommands:\n")
	b.WriteString("## Without a command\n\n```text\n" + strings.TrimSpace(flags) + "\n```\n")
	for _, name := range commandsIn(all) {
		help := helpOf(t, name)
		if inner := commandsIn(help); inner != nil {
			for _, full := range inner {
				describe(&b, full, helpOf(t, strings.Fields(full)...))
			}
			continue
		}
		describe(&b, name, help)
	}
	return b.String()
}

// describe writes a command's section, without the flags that all commands have.
func describe(b *strings.Builder, name, help string) {
	help = common.ReplaceAllString(help, "")
	help = strings.ReplaceAll(help, "\nFlags:\n\n", "\nFlags:\n")
	b.WriteString("\n## " + name + "\n\n```text\n" + strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(help), "Flags:")) + "\n```\n")
}

// common matches the flags of all commands in their help.
var common = regexp.MustCompile(`(?m)^(  -h, --help|      --log-format|      --log-level|      --version).*\n(                  .*\n)*`)

// commandsIn returns the commands that a help lists.
func commandsIn(help string) (names []string) {
	_, list, _ := strings.Cut(help, "\nCommands")
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z]+(?: [a-z]+)?)( .*)?$`).FindAllStringSubmatch(list, -1) {
		names = append(names, m[1])
	}
	return slices.Compact(names)
}

func helpOf(t *testing.T, command ...string) string {
	cmd := exec.Command("tap-rest", append([]string{"help"}, command...)...)
	cmd.Env = append(ownEnv(t.TempDir()), "COLUMNS=80")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tap-rest help %q: %v", command, err)
	}
	return string(out)
}

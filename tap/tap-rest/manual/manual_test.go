package manual_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/tap-rest/tap-rest/tap/tap-rest/manual"
)

type cli struct {
	Run struct {
		From string `placeholder:"FILE" help:"Where from."`
	} `cmd:"" hidden:"" default:"withargs"`
	Lint  lintCmd `cmd:"" help:"Check 'it'."`
	State struct {
		Merge struct{} `cmd:"" help:"Join."`
	} `cmd:"" help:"States."`
	Secret struct{} `cmd:"" hidden:""`
	Level  string   `enum:"a,b" default:"a" env:"X_LEVEL" help:"How much."`
}

type lintCmd struct {
	Files []string `arg:"" name:"file" help:"Which."`
}

func (lintCmd) Help() string { return "First.\n\n.hidden \\n\n'quoted" }

// requests are those of man(7) that a page has.
var requests = regexp.MustCompile(`^\.(TH|SH|SS|TP|PP|B|nf|fi)( |$)`)

// TestPage proves that the page has every command and flag that is shown, and that no text
// on it is taken for a request or an escape.
func TestPage(t *testing.T) {
	parser, err := kong.New(&cli{}, kong.Name("x"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(manual.Page(parser.Model, "v1", "x reads.\n\n  x --from FILE", manual.Section{Title: "See also", Text: "y(1)"}))
	for _, want := range []string{
		`.TH "X" 1 "" "x v1" "User Commands"`, `x \- reads`, `\fB\-\-from=FILE\fR`, `.SS "x lint <file> ... [flags]"`, `Check \(aqit\(aq.`, `\&.hidden \en`, `\(aqquoted`,
		`.SS "x state merge"`, "How much. Variable: X_LEVEL.", `.SH "SEE ALSO"`, "y(1)", `\fI<file> ...\fR`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(strings.ToLower(page), "secret") {
		t.Error("the page has a hidden command")
	}
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "'") || strings.HasPrefix(line, ".") && !requests.MatchString(strings.TrimSpace(line)) {
			t.Errorf("%q is a request", line)
		}
	}
	if t.Failed() {
		t.Log(page)
	}
}

package completion_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/tap-rest/tap-rest/tap/tap-rest/completion"
)

// cli is a command line with all that there may be on one.
type cli struct {
	Run struct {
		Select []string `help:"What."`
		Hide   bool     `hidden:""`
	} `cmd:"" hidden:"" default:"withargs"`
	Lint struct {
		Files  []string `arg:""`
		Format string   `enum:"text,json" default:"text" help:"How: so."`
	} `cmd:"" help:"Check it."`
	State struct {
		Merge struct{} `cmd:"" help:"Join."`
	} `cmd:"" help:"States."`
	Show struct {
		File   string `arg:""`
		Stream string `arg:""`
	} `cmd:"" help:"Show it."`
	Secret struct{} `cmd:"" hidden:""`
	Level  string   `enum:"a,b" default:"a"`
}

func TestComplete(t *testing.T) {
	parser, err := kong.New(&cli{}, kong.Name("x"))
	if err != nil {
		t.Fatal(err)
	}
	names := func(at completion.Place) []string {
		switch at.Value {
		case "stream", "select":
			return []string{"orders", "shops", fmt.Sprint(at.Command, len(at.Args), len(at.Words))}
		}
		return nil
	}
	for _, tt := range []struct{ shell, words, want string }{
		{"bash", "", "lint state show"},
		{"bash", "l", "lint"},
		{"bash", "sec", ""},
		{"bash", "--", "--help --level= --select="},
		{"bash", "lint|--", "--format= --help --level="},
		{"bash", "lint|--format=", "text json"},
		{"bash", "lint|--format=|j", ""},
		{"bash", "lint|--format|=|j", "json"},
		{"bash", "lint|--format|=", "text json"},
		{"bash", "lint|--format|", "text json"},
		{"bash", "lint|a.yaml|", ""},
		{"bash", "lint|state", ""},
		{"bash", "state|", "merge"},
		{"bash", "show|a.yaml|", "orders shops show1 2"},
		{"bash", "show|--level|a|a.yaml|o", "orders"},
		{"bash", "--select|orders,s", "orders,shops"},
		{"bash", "--select|=|orders,s", "orders,shops"},
		{"bash", "--select=orders,s", "orders,shops"},
		{"bash", "--|l", ""},
		{"bash", "--nothing=", ""},
		{"zsh", "lint|--format=j", "--format=json:"},
		{"zsh", "lint|--fo", "--format=:How: so."},
		{"zsh", "li", "lint:Check it."},
		{"fish", "li", "lint\tCheck it."},
		{"fish", "lint|--format=t", "--format=text\t"},
	} {
		t.Run(tt.shell+" "+tt.words, func(t *testing.T) {
			got := completion.Complete(parser.Model, tt.shell, strings.Split(tt.words, "|"), names)
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if got := completion.Complete(parser.Model, "bash", nil, nil); strings.Join(got, " ") != "lint state show" {
		t.Errorf("got %q for no word", got)
	}
	for _, shell := range completion.Shells {
		if !strings.Contains(completion.Script(shell), "complete "+shell) {
			t.Errorf("the script of %s does not ask for its words", shell)
		}
	}
}

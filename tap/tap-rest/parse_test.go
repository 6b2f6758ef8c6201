package main

import (
	"errors"
	"fmt"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestParseShortcut: a command line means the same, and its mistakes are named the same,
// where kong looks at the one command that the line begins with.
func TestParseShortcut(t *testing.T) {
	for _, tt := range []struct {
		line  string
		alone bool // kong is shown that command alone
	}{
		{"--config c.json", true},
		{"--config c.json --state s.json --log-level debug", true},
		{"--config", true},
		{"--config c.json lint api.yaml", true},
		{"--log-level=debug worker --config c.json", true},
		{"--log-level noise", true},
		{"--no-such-flag", true},
		{"-x", true},
		{"sync --config c.json", true},
		{"read --config c.json --catalog k.json --state s.json", true},
		{"read", true},
		{"spec", true},
		{"lint --format sarif api.yaml", true},
		{"lint --format noise api.yaml", true},
		{"lint", true},
		{"lint --config c.json", true},
		{"journal", true},
		{"journal list", true},
		{"journal noise", true},
		{"state merge a.json b.json", true},
		{"doctor", true},
		{"demo --noise", true},
		{"status lint", true},
		{"", false},
		{"version", true},
		{"man", false},
		{"complete bash lint", false},
		{"completion bash", false},
		{"noise --config c.json", false},
		{"Lint api.yaml", false},
		{"cli", false},
	} {
		t.Run(tt.line, func(t *testing.T) {
			args := strings.Fields(tt.line)
			if got := besides(args) != nil; got != tt.alone {
				t.Errorf("that one command is looked at alone: %v, want %v", got, tt.alone)
			}
			options := []kong.Option{kong.Name("tap-rest"), kong.ExplicitGroups(commandGroups),
				kong.Vars{"version": "", "log_format": "text", "log_level": "info", "readers": ""}}
			var got, want cli
			parser, gotCommand, gotErr := parse(&got, args, options)
			whole, err := kong.New(&want, options...)
			if err != nil {
				t.Fatal(err)
			}
			wantCommand, wantErr := whole.Parse(args)
			if fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
				t.Fatalf("got the mistake %v, want %v", gotErr, wantErr)
			}
			if gotErr != nil {
				if got, want := misused(parser.Model, args, gotErr), misused(whole.Model, args, wantErr); got.Error() != want.Error() {
					t.Errorf("got %q, want %q", got, want)
				}
				return
			}
			if gotCommand.Command() != wantCommand.Command() || got.LogFormat != want.LogFormat || got.LogLevel != want.LogLevel {
				t.Errorf("got %s, log %s %s; want %s, log %s %s", gotCommand.Command(), got.LogFormat, got.LogLevel, wantCommand.Command(), want.LogFormat, want.LogLevel)
			}
			flags, wantFlags := gotCommand.Selected().Target.Interface(), wantCommand.Selected().Target.Interface()
			if !reflect.DeepEqual(flags, wantFlags) {
				t.Errorf("got %+v, want %+v", flags, wantFlags)
			}
		})
	}
}

// TestVersionIsPrintedOnce: also where the rest of the line is a mistake.
func TestVersionIsPrintedOnce(t *testing.T) {
	for _, line := range []string{"--version", "lint --version", "--version --log-level=noise", "journal --version"} {
		out, err := exec.Command("tap-rest", strings.Fields(line)...).Output()
		if got := strings.Count(string(out), "tap-rest "); err != nil || got != 1 {
			t.Errorf("%s prints it %d times: %v\n%s", line, got, err, out)
		}
	}
}

// TestEmptyArgument: as of a variable of the shell that is not set.
func TestEmptyArgument(t *testing.T) {
	for _, args := range [][]string{{""}, {"--config", "c.json", ""}, {"--about", ""}, {"lint", "a.yaml", "--config", ""}} {
		_, err := exec.Command("tap-rest", args...).Output()
		e, ok := errors.AsType[*exec.ExitError](err)
		if !ok || e.ExitCode() != 2 || strings.Contains(string(e.Stderr), "goroutine") {
			t.Errorf("%q: %v, want exit code 2\n%s", args, err, e.Stderr)
		}
		if !slices.Equal(args[:1], []string{"lint"}) && !strings.Contains(string(e.Stderr), `""`) {
			t.Errorf("%q does not say that an argument is empty: %s", args, e.Stderr)
		}
	}
}

// TestParseNamesEveryCommand: kong is shown no other command beside the one of its name,
// so each has an effect of its own.
func TestParseNamesEveryCommand(t *testing.T) {
	whole, err := kong.New(&cli{}, kong.ExplicitGroups(commandGroups), kong.Vars{"version": "", "log_format": "text", "log_level": "info", "readers": ""})
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range whole.Model.Children {
		others := besides([]string{command.Name})
		if others == nil {
			continue
		}
		parser, err := kong.New(&cli{}, kong.ExplicitGroups(commandGroups), kong.Vars{"version": "", "log_format": "text", "log_level": "info", "readers": ""}, others)
		if err != nil {
			t.Fatal(err)
		}
		if got := parser.Model.Children; len(got) != 1 || got[0].Name != command.Name || len(got[0].Flags) != len(command.Flags) {
			t.Errorf("%s: kong is shown %d commands", command.Name, len(got))
		}
	}
}

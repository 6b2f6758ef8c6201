package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// description stands above the flags and commands in --help.
const description = `tap-rest reads any HTTP API out, completely, from a definition in one YAML file.

  tap-rest --config FILE [--catalog FILE] [--state FILE]    read: a Singer tap
  tap-rest --config FILE --state FILE -- TARGET ARGUMENTS   the same, into a target
  tap-rest --config FILE --discover                         say what there is to read
  tap-rest spec|check|discover|read                         the same as an Airbyte source

Messages go to stdout; all that is for people goes to stderr. Exit codes:
  0   complete, or stopped by its own budget
  1   something failed for good
  2   the input is unusable, nothing was fetched
  75  failed for now: the next run goes on from the last STATE
With a target: the worse of both.`

// help prints help. That of the program shows the flags of a sync too: it is
// what runs without a command.
func help(o kong.HelpOptions, ctx *kong.Context) error {
	if ctx.Selected() == nil {
		o.NoAppSummary = true // the description says more
		ctx.Model.Flags = slices.Concat(ctx.Model.DefaultCmd.Flags, ctx.Model.Flags)
	}
	return kong.DefaultHelpPrinter(o, ctx)
}

// helpCmd is --help, as a command.
type helpCmd struct {
	Command []string `arg:"" optional:"" help:"Whose help."`
}

// Run prints the help that --help prints.
func (c *helpCmd) Run(rt *runtime) error { return rt.again(append(c.Command, "--help")) }

// misused says what is wrong with a command line, and what would be right.
func misused(model *kong.Application, args []string, err error) error {
	text := err.Error()
	var names []string
	for _, command := range model.Children {
		if command != model.DefaultCmd {
			names = append(names, command.Name)
		}
		if strings.HasPrefix(text, "expected ") && slices.Contains(args, command.Name) {
			return fmt.Errorf("%s: %s is missing (usage: tap-rest %s)", command.Name, strings.TrimPrefix(text, "expected "), command.Summary())
		}
	}
	word, found := strings.CutPrefix(text, "unexpected argument ")
	if found && !slices.ContainsFunc(names, func(name string) bool { return slices.Contains(args, name) }) && !strings.HasPrefix(word, args[0]) {
		return fmt.Errorf("%s: a target that loads what is read stands behind --, as in tap-rest --config FILE -- %s", text, strings.Fields(word)[0])
	}
	if found && strings.HasPrefix(word, args[0]) {
		return fmt.Errorf("%s; the commands are %s, and without one it reads: tap-rest --config FILE", text, strings.Join(names, ", "))
	}
	return fmt.Errorf("%s (tap-rest --help says more)", text)
}

package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/tap-rest/tap-rest/tap/tap-rest/firstdraft"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// description stands above the flags and commands in --help.
const description = `tap-rest reads any HTTP API out, completely, from a definition in one YAML file.

  tap-rest --config FILE [--catalog FILE] [--state FILE]   read: a Singer tap
  tap-rest --config FILE --state FILE -- TARGET ARGUMENTS  into a target
  tap-rest --config FILE --discover                        say what there is
  tap-rest init 'curl …'                                   begin with an API

Messages go to stdout; all that is for people goes to stderr. Exit codes:
  0   complete, or stopped by its own budget
  1   something failed for good
  2   the input is unusable, nothing was fetched
  75  failed for now: the next run goes on from the last STATE
With a target: the worse of both.`

// screen is how many lines, and how many columns, the help of a command takes at most.
const (
	screenLines   = 50
	screenColumns = 80
)

// help prints help. That of the program names the commands: what a run takes besides, and
// each of them, is said by help of its own, so that each fits on a screen.
func help(o kong.HelpOptions, ctx *kong.Context) error {
	if ctx.Selected() != nil {
		return kong.DefaultHelpPrinter(o, ctx)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", description)
	groups := append([]kong.Group{{Title: "Commands:"}}, commandGroups...)
	for _, g := range groups {
		fmt.Fprintf(&b, "\n%s\n", g.Title)
		for _, c := range ctx.Model.Children {
			if own := c.Group; !c.Hidden && (own == nil && g.Key == "" || own != nil && own.Key == g.Key) {
				fmt.Fprintf(&b, "  %-*s%s\n", commandColumn, c.Name, strings.TrimSuffix(c.Help, "."))
			}
		}
	}
	fmt.Fprintf(&b, "\n%s\n", whatElse)
	_, err := fmt.Fprint(ctx.Stdout, b.String())
	return err
}

// commandColumn is how wide the names of commands are.
const commandColumn = 12

// commandGroups are the commands that stand apart from the others.
var commandGroups = []kong.Group{
	{Key: "fleet", Title: "Commands for several workers, by way of a NATS server:"},
	{Key: "airbyte", Title: "Commands of an Airbyte source, which Airbyte calls:"},
}

// whatElse stands below the commands.
const whatElse = `tap-rest help sync says which flags a run takes, tap-rest help COMMAND the rest.`

// helpCmd is --help, as a command.
type helpCmd struct {
	Command []string `arg:"" optional:"" help:"Whose help."`
}

// Run prints the help that --help prints.
func (c *helpCmd) Run(rt *program.Runtime) error { return rt.Again(append(c.Command, "--help")) }

// misused says what is wrong with a command line, and what would be right.
func misused(model *kong.Application, args []string, err error) error {
	text := err.Error()
	if slices.Contains(args, "init") && slices.Contains(args, "curl") {
		return firstdraft.ErrUnquoted // and nothing of the line, which may hold secrets
	}
	var names []string
	for _, command := range model.Children {
		if command != model.DefaultCmd && !command.Hidden {
			names = append(names, command.Name)
		}
		if strings.HasPrefix(text, "expected ") && slices.Contains(args, command.Name) {
			return fmt.Errorf("%s: %s is missing (usage: tap-rest %s)", command.Name, strings.TrimPrefix(text, "expected "), command.Summary())
		}
	}
	word, found := strings.CutPrefix(text, "unexpected argument ")
	if found && strings.TrimSpace(word) == "" {
		return errors.New(`an argument is empty (""), and means nothing here: a variable of the shell that is not set, most likely`)
	}
	if found && !slices.ContainsFunc(names, func(name string) bool { return slices.Contains(args, name) }) && !strings.HasPrefix(word, args[0]) {
		return fmt.Errorf("%s: a target that loads what is read stands behind --, as in tap-rest --config FILE -- %s", text, strings.Fields(word)[0])
	}
	if found && strings.HasPrefix(word, args[0]) {
		return fmt.Errorf("%s; the commands are %s, and without one it reads: tap-rest --config FILE", text, strings.Join(names, ", "))
	}
	return fmt.Errorf("%s (tap-rest --help says more)", text)
}

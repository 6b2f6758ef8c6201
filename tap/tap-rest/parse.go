package main

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// parse parses a command line. What kong takes to look at the flags of all commands is a
// third of what the program takes to start: where the first word says which command it
// is, kong is shown that one alone. It is shown all of them where they are needed, for
// help, and where it finds a mistake, so that what it says is the same.
func parse(c *cli, args []string, options []kong.Option) (*kong.Kong, *kong.Context, error) {
	if others := besides(args); others != nil {
		parser, err := kong.New(c, append(slices.Clip(options), others)...)
		if err != nil {
			panic(err) // cli is wrong
		}
		if command, err := parser.Parse(args); err == nil {
			return parser, command, nil
		}
		*c = cli{}
	}
	parser, err := kong.New(c, options...)
	if err != nil {
		panic(err)
	}
	command, err := parser.Parse(args)
	return parser, command, err
}

// besides is the option by which kong passes over all commands but the one that the
// arguments begin with: it is sync where they begin with a flag. It is nil where the
// command needs the others, where none is certain, and for --version, which kong prints
// before it looks for mistakes.
func besides(args []string) kong.Option {
	if len(args) == 0 || slices.ContainsFunc(args, func(arg string) bool {
		return strings.HasPrefix(arg, "-h") || strings.HasPrefix(arg, "--h") || strings.HasPrefix(arg, "--v")
	}) {
		return nil
	}
	name := args[0]
	switch {
	case strings.HasPrefix(name, "-"):
		name = "sync"
	case slices.Contains([]string{"help", "completion", "complete", "man"}, name):
		return nil
	}
	var others []string
	known := false
	for _, field := range reflect.VisibleFields(reflect.TypeFor[cli]()) {
		switch _, is := field.Tag.Lookup("cmd"); {
		case !is:
		case cmp.Or(field.Tag.Get("name"), strings.ToLower(field.Name)) == name:
			known = true
		default:
			others = append(others, field.Name)
		}
	}
	if !known {
		return nil
	}
	return kong.IgnoreFields(`^cli\.(?:` + strings.Join(others, "|") + ")$") // those of groups are cli's, too
}

// Command tap-rest reads HTTP APIs out, as a Singer tap and as an Airbyte
// source.
//
// stdout carries the protocol and nothing else; what a person should know is
// on stderr. The exit code is 0 when everything is read, or the run's own
// budget ended it; 1 when something failed for good; 2 when the input is
// unusable and nothing was fetched; 75 when something failed for now and the
// next run goes on from there. A run that a signal stops dies by that signal.
package main

import (
	"cmp"
	"os"
	"slices"

	"github.com/alecthomas/kong"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/tap-rest/console"
	"github.com/tap-rest/tap-rest/tap/tap-rest/demo"
	"github.com/tap-rest/tap-rest/tap/tap-rest/firstdraft"
	"github.com/tap-rest/tap-rest/tap/tap-rest/inputs"
	"github.com/tap-rest/tap-rest/tap/tap-rest/journals"
	"github.com/tap-rest/tap-rest/tap/tap-rest/parts"
	"github.com/tap-rest/tap-rest/tap/tap-rest/preview"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
	"github.com/tap-rest/tap-rest/tap/tap-rest/workers"
)

// cli is the command line. Singer needs no verb: without one, a run syncs.
type cli struct {
	Sync           syncCmd `cmd:"" hidden:"" default:"withargs" help:"Read the selected streams out: SCHEMA, RECORD and STATE lines on stdout."`
	airbyteCmds    `embed:""`
	Demo           demo.Cmd `cmd:"" help:"Read a sample API on loopback, all of it: no file is needed."`
	definitionCmds `embed:""`
	lookCmds       `embed:""`
	fleetCmds      `embed:""`
	Journal        journals.Cmd       `cmd:"" help:"Look at the recorded exchanges: list, show, export, prune."`
	Report         journals.ReportCmd `cmd:"" help:"Make a page, in one HTML file, of the last run and its calls."`
	shellCmds      `embed:""`
	Help           helpCmd    `cmd:"" help:"Print the help of the program, or of a command."`
	Release        versionCmd `cmd:"" name:"version" help:"Print the version."`

	LogFormat string           `enum:"text,json" default:"${log_format}" env:"TAP_REST_LOG_FORMAT" help:"How stderr is written: text or json, an object on each line."`
	LogLevel  string           `enum:"debug,info,warn,error" default:"${log_level}" env:"TAP_REST_LOG_LEVEL" help:"From which level on stderr tells: debug, info, warn or error."`
	Version   kong.VersionFlag `help:"Print the version and stop."`
}

// definitionCmds are for those who write definitions.
type definitionCmds struct {
	Init    firstdraft.Cmd `cmd:"" help:"Write a definition of an API: from curl, a URL, OpenAPI and others."`
	Lint    lintCmd        `cmd:"" help:"Check a definition and print all its problems."`
	Schema  schemaCmd      `cmd:"" help:"Print the JSON Schema of definitions, for editors."`
	Sources sourcesCmd     `cmd:"" help:"List the definitions that are built in, or print one."`
}

// lookCmds are about what a run would read, or has read.
type lookCmds struct {
	Preview preview.Cmd    `cmd:"" help:"Show the first records of a stream as a table."`
	Replay  replayCmd      `cmd:"" help:"Read the last pass again from the journal, without a call."`
	Plan    parts.PlanCmd  `cmd:"" help:"Say what a run would read: streams, partitions, windows."`
	State   parts.StateCmd `cmd:"" help:"Work on states: merge."`
}

// fleetCmds are of workers that share a pass.
type fleetCmds struct {
	Submit workers.SubmitCmd `cmd:"" group:"fleet" help:"Plan the next pass, and put its parts into a queue."`
	Worker workers.WorkerCmd `cmd:"" group:"fleet" help:"Take parts from that queue, and read each into a target."`
	Status workers.StatusCmd `cmd:"" group:"fleet" help:"Say how far the workers are."`
}

// shellCmds are for those who work in a shell.
type shellCmds struct {
	Doctor     doctorCmd     `cmd:"" help:"Say what a run depends on, and where each setting came from."`
	Completion completionCmd `cmd:"" help:"Print what completes command lines in bash, zsh or fish."`
	Complete   completeCmd   `cmd:"" hidden:"" passthrough:""`
	Man        manCmd        `cmd:"" help:"Print the manual page."`
}

// airbyteCmds are the commands of an Airbyte source.
type airbyteCmds struct {
	Spec     specCmd     `cmd:"" group:"airbyte" help:"Say which settings there are."`
	Check    checkCmd    `cmd:"" group:"airbyte" help:"Prove the settings by one request."`
	Discover discoverCmd `cmd:"" group:"airbyte" help:"Say what there is to read."`
	Read     readCmd     `cmd:"" group:"airbyte" help:"Read the configured streams out."`
}

// logFormatEnv is the variable of --log-format, named in its tag too.
const logFormatEnv = "TAP_REST_LOG_FORMAT"

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	var c cli
	exited := -1
	program.BoundMemory(program.DefaultMemory)
	program.CollectLate()
	logFormat, logLevel := inputs.OrchestratorLog()
	options := []kong.Option{
		kong.Name("tap-rest"),
		kong.Description(description),
		kong.Help(help),
		kong.ExplicitGroups(commandGroups),
		kong.ConfigureHelp(kong.HelpOptions{NoAppDescFormat: true, NoExpandSubcommands: true}),
		kong.Vars{"version": versionLine(), "log_format": logFormat, "log_level": logLevel, "readers": firstdraft.ReaderNames()},
		kong.Exit(func(code int) { exited = code }),
	}
	args, target := splitTarget(args)
	parser, command, err := parse(&c, args, options)
	switch {
	case exited >= 0:
		return exited
	case err != nil:
		con := console.New(os.Stderr, cmp.Or(os.Getenv(logFormatEnv), logFormat) == "json", "info")
		defer con.Flush()
		return program.ExitCode(con, &tap.InputError{Err: misused(parser.Model, args, err)})
	}
	con := console.New(os.Stderr, c.LogFormat == "json", c.LogLevel)
	con.QuietLibraries()
	defer con.Flush()
	defer con.Clear()
	rt := program.New(con, os.Stdout, version(), target)
	rt.Model, rt.Again = parser.Model, func(args []string) error {
		if _, err := parser.Parse(args); exited < 0 {
			return &tap.InputError{Err: misused(parser.Model, args, err)}
		}
		return nil
	}
	if err = rt.MayLoad(command.Command()); err == nil {
		err = command.Run(rt)
	}
	return rt.End(err)
}

// splitTarget parts a command line: what stands behind the first -- is the command of
// a target of the run's own.
func splitTarget(args []string) (ours, command []string) {
	i := slices.Index(args, "--")
	if i < 0 || args[0] == completeName {
		return args, nil
	}
	return args[:i], append([]string{}, args[i+1:]...)
}

package main

import (
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/tap/tap-rest/completion"
	"github.com/tap-rest/tap-rest/tap/tap-rest/inputs"
	"github.com/tap-rest/tap-rest/tap/tap-rest/manual"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// completionCmd prints what a shell loads.
type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help stands in the command's help.
func (c *completionCmd) Help() string {
	return `Commands, flags and their values are completed, and the streams of a definition. In the
file that your shell reads when it starts:

  bash    eval "$(tap-rest completion bash)"
  zsh     eval "$(tap-rest completion zsh)"       (behind compinit)
  fish    tap-rest completion fish | source`
}

// Run prints the script.
func (c *completionCmd) Run(rt *program.Runtime) error {
	_, err := rt.Stdout.WriteString(completion.Script(c.Shell))
	return err
}

// completeCmd is what those scripts call.
type completeCmd struct {
	Words []string `arg:"" optional:"" help:"The shell, and the words of the command line."`
}

// completeName is the command that completes: what stands behind it is no command line of
// its own.
const completeName = "complete"

// Run prints what may stand in the place of the last word.
func (c *completeCmd) Run(rt *program.Runtime) error {
	if len(c.Words) == 0 {
		return nil
	}
	_, err := rt.Stdout.WriteString(strings.Join(completion.Complete(rt.Model, c.Words[0], c.Words[1:], namesAt), "\n"))
	return err
}

// namesAt returns the names that may stand at a place. What cannot be read has none.
func namesAt(at completion.Place) []string {
	switch {
	case at.Command == "sources" && at.Value == "name":
		return config.BuiltIn()
	case at.Command == "preview" && at.Value == "stream" && len(at.Args) > 0:
		if d, err := config.Load(at.Args[0]); err == nil {
			return d.Names()
		}
	case at.Value == "select", at.Value == "stream":
		if d := definitionIn(at.Words); d != nil {
			return d.Names()
		}
	}
	return nil
}

// definitionIn returns the definition of the config that a command line names; nil where
// there is none.
func definitionIn(words []string) *sources.Definition {
	in := &inputs.ChoiceFlags{}
	for i, word := range words {
		if name, within := strings.CutPrefix(word, "--config="); within {
			in.Config = append(in.Config, name)
		} else if i > 0 && words[i-1] == "--config" {
			in.Config = append(in.Config, word)
		}
	}
	input, err := in.Read()
	if err != nil {
		return nil
	}
	d, err := inputs.Definition(input)
	if err != nil {
		return nil
	}
	return d
}

// manCmd prints the manual page.
type manCmd struct{}

// Help stands in the command's help.
func (c *manCmd) Help() string {
	return `tap-rest man >tap-rest.1 && man -l tap-rest.1`
}

// Run prints the manual page.
func (c *manCmd) Run(rt *program.Runtime) error {
	_, err := rt.Stdout.Write(manual.Page(rt.Model, rt.Version, description,
		manual.Section{Title: "Environment", Text: manEnvironment},
		manual.Section{Title: "Files", Text: fmt.Sprintf(manFiles, inputs.BakedSource)},
		manual.Section{Title: "See also", Text: manSeeAlso}))
	return err
}

const manEnvironment = `TAP_REST_SOURCE           the definition: a built-in one, a file, or its text
TAP_REST_NAME             the setting NAME; TAP_REST_A__B: the key B in A
TAP_REST_RUN__KEY         an option of the run
TAP_REST_LOG_FORMAT, TAP_REST_LOG_LEVEL
                          as the flags of that name
XDG_STATE_HOME            where the journal and inferred schemas are kept
HTTPS_PROXY, HTTP_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR
                          as other programs take them`

const manFiles = `~/.local/state/tap-rest    the journal, inferred schemas, quarantined records
.env                       beside a config: further variables
%s  the definition where nothing else names one`

const manSeeAlso = `tap-rest schema            the JSON Schema of definitions
tap-rest sources           the definitions that are built in
The format of definitions is described in sources/definition/FORMAT.md of the program's sources.`

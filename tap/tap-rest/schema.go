package main

import (
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// schemaCmd prints what a definition may have, for editors.
type schemaCmd struct{}

// Help stands in the command's help.
func (c *schemaCmd) Help() string {
	return `Editors with the YAML language server (VS Code by its YAML extension, Neovim, Emacs,
Helix) complete the keys of a definition, say what each is for, and underline what is
misspelt. Put the schema beside your definitions

  tap-rest schema >tap-rest.schema.json

and name it in the first line of each; the path is relative to the definition:

  # yaml-language-server: $schema=tap-rest.schema.json

Print it again when you have a newer tap-rest. The schema knows which keys there are, and
the shapes of their values; "tap-rest lint" knows what they mean together, too.`
}

// Run prints the JSON Schema of definitions.
func (c *schemaCmd) Run(rt *program.Runtime) error {
	_, err := rt.Stdout.Write(definition.JSONSchema())
	return err
}

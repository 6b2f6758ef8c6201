// Package config reads what a user gives for a run: config files, JSON or
// YAML, and variables of the environment. It finds the definition that they
// name, in whatever format that is, and hands the settings to the model.
//
//	in, err := config.Read(files, os.Environ())
//	def, err := in.Definition()
//	c, err := in.Configure(def)   // settings.Problems
//
// It stands apart from package sources because it knows formats of files: those
// of configs, and all those that a definition may have.
//
// Later files win over earlier ones, key by key, and variables over files. No
// error of this package holds a value that may be a secret.
package config

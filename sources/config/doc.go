// Package config reads what a user gives for a run: config files, JSON or
// YAML, and variables of the environment. It finds the definition that they
// name, in whatever format that is, and hands the settings to the model.
//
//	in, err := config.Read(files, os.Environ())
//	def, err := in.Definition()
//	c, err := in.Configure(def)   // sources.ConfigProblems
//
// Later files win over earlier ones, key by key, and variables over files. No
// error of this package holds a value that may be a secret.
package config

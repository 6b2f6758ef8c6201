// Package settings is what a definition asks of its user: the JSON Schema of the settings,
// and all that follows from it. It says what of a config fits, fills in defaults, tells the
// secrets from the rest, knows which variable of the environment gives which setting, and
// writes the form that Airbyte shows.
//
// Promises.
//
//   - No problem holds the value of a setting that may be a secret.
//   - Shown to people, a schema has no default of a secret setting.
package settings

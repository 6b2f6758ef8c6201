// Package sources says what an API is: Go types that are the only model of an
// API in this program, and what its user is asked for. No format of a file is
// known here: package definition loads ours into this model, and package config
// reads what the user gives.
//
//	def := &sources.Definition{…}      // by a loader, or by hand
//	c, err := def.Configure(given)     // settings.Problems
//
// Terms. A definition describes an API: its settings, its client, its
// streams. A stream is one collection of the API. Settings are what the user
// gives (base_url, token); they are checked against the JSON Schema in the
// definition. A path is a gjson path into a body, or "header:Name". A template
// is text with {{ }} in it, see package expr; the [Scope] that it stands in
// says which names it sees. The shape of a stream is what decides its requests: states hold a
// digest of it.
//
// Promises. A setting that the definition calls secret is a [secret.Text],
// which prints ***; no error of this package holds its value, and a
// [secret.Hider] finds it in texts, however they spell it. What belongs to
// every definition, whoever loaded it (settings, secrets, shape, scopes), is
// done here, so that no loader can forget it.
package sources

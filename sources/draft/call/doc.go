// Package call is an HTTP request that somebody made, as a line of curl or a
// browser tells of it, and how a definition makes the same one.
//
// Describe splits a Call into what the client has, what the stream has, and
// the Settings that a user gives: whatever in it is a credential, by its place,
// by its name or by how it looks, is a setting, and never stands in what
// Describe returns but in Setting.Value.
package call

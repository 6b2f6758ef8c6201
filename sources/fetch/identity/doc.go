// Package identity is tls of a definition: how a client says by a certificate who it
// is, and whom it believes.
package identity

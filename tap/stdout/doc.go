// Package stdout is what a run's lines leave through: [Output] lets a run end
// while a write is blocked, [Lines] keeps the memory of lines for the next ones, and
// [Traffic] says how often a STATE line is worth its bytes.
package stdout

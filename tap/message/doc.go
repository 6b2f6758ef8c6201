// Package message writes the lines that stand on stdout. It knows how a line
// is spelled, and neither when it is written nor by whom: that is package tap.
//
// [Singer] and [Airbyte] are the two protocols; both take the same events of the
// same run, and say of them what they have words for.
//
// A record is spliced into its line as the bytes that it is; only line breaks
// between its tokens become spaces, since a line is a message.
package message

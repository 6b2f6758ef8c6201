package fetch

import "io"

// Splitter is what the walk proves bodies with.
func (w *Walk) Splitter() Splitter { return w.splitter }

// SetLongest makes the longest body that the client takes so many bytes.
func (c *Client) SetLongest(most int64) { c.most = most }

// NullNaN reads a text with null in place of what is no number.
func NullNaN(r io.Reader) io.Reader {
	text, _ := decodeText(r, nanLayer)
	return text
}

package fetch

// Splitter is what the walk proves bodies with.
func (w *Walk) Splitter() Splitter { return w.splitter }

// SetLongest makes the longest body that the client takes so many bytes.
func (c *Client) SetLongest(most int64) { c.most = most }

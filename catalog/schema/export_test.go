package schema

// SetLimits makes the window, and what of a body must lie in it, as small as a
// test needs.
func (s *StreamScanner) SetLimits(window, record, rest int) {
	s.size, s.record, s.most = window, record, rest
}

// SetPiece makes the pieces of ScanMany as small as a test needs, in records.
func (s *PageScanner) SetPiece(records int) { s.piece = records }

// Memory is the size in bytes of the window as it has grown.
func (s *StreamScanner) Memory() int { return len(s.memory) }

package plan

import "github.com/tap-rest/tap-rest/sources/expr"

// Reading is a partition of a stream, as a pass reads it.
type Reading struct {
	Stream *Stream
	Pass   *Decision
	Part   Partition
	Start  Standing
}

// Read returns the one partition of a pass, and where its walk starts. The error
// is a *state.Error, whose place is that within the stream's bookmark, or one of
// a template.
func Read(s *Stream, d *Decision, config expr.Value) (*Reading, []Why, error) {
	part, err := d.Only(s, config)
	if err != nil {
		return nil, nil, err
	}
	start, why, err := d.Start(s, part.Key)
	return &Reading{s, d, part, start}, why, err
}

package plan

import "github.com/tap-rest/tap-rest/sources/expr"

// Reading is a partition of a stream, as a pass reads it.
type Reading struct {
	Stream *Stream
	Pass   *Decision
	Part   Partition
	Start  Standing
}

// Read says what of a stream is read, and why. The error is a *state.Error, whose
// place is that within the stream's bookmark, or one of a template.
func Read(s *Stream, k Known, config expr.Value) (*Reading, []Why, error) {
	pass, err := Decide(s, k)
	if err != nil {
		return nil, nil, err
	}
	part, err := pass.Partition(s, config)
	if err != nil {
		return nil, pass.Why, err
	}
	start, why, err := pass.Start(s, part.Key)
	return &Reading{s, pass, part, start}, append(pass.Why, why...), err
}

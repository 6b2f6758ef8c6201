package paging

import "errors"

// Doubt is a reason not to take the end of a walk for the end of its data.
type Doubt struct {
	Key    string `json:"key"`              // what says so: a path of the answer, a header, a key of the definition
	Value  string `json:"value"`            // what it says, without secrets
	Advice string `json:"advice,omitempty"` // what to write into the definition; "" where nothing is known
	// Contradicts says that a key of the definition itself is what says so:
	// unless on_incomplete is told, the walk fails then.
	Contradicts bool `json:"contradicts,omitempty"`
	// Keep says that records may be missing that no later sync asks for, unless
	// the bookmark stays.
	Keep bool `json:"keep,omitempty"`
	// Within says that all records came, but that some are not whole. No later sync
	// asks for them, either, unless the bookmark stays.
	Within bool `json:"within,omitempty"`
	// Fault says that an answer, the last or one before, tells of an error, or that
	// it lacks records.
	Fault bool `json:"fault,omitempty"`
}

// String is the doubt as log and account show it.
func (d Doubt) String() string {
	text := d.Key + " is " + d.Value
	if d.Advice != "" {
		text += ": " + d.Advice
	}
	return text
}

// ErrDoubtful is wrapped by the error of a walk that fails because its end is
// in doubt.
var ErrDoubtful = errors.New("the end of the walk is in doubt")

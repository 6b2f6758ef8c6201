package list

// Behind is where a walk stands that went back in its list, because records had
// vanished from it. Places are counted in records from the start of the list.
type Behind struct {
	Done int64 `json:"done"`           // all before this place was read
	From int64 `json:"from,omitempty"` // and what lies from here
	To   int64 `json:"to,omitempty"`   // to here; nothing where they are equal
	Last bool  `json:"last,omitempty"` // there is nothing after To
}

// Read is b after a page was read that held what lies between two places, of a
// list that had lost so many records since the page before: a negative number
// where it grew. Where in the list that was is not known, so what counts as
// read is what was read wherever it was.
func (b Behind) Read(from, to, lost int64, last bool) Behind {
	b.Done = max(0, b.Done-max(0, lost))
	b.From, b.To = b.From+max(0, -lost), b.To-max(0, lost)
	switch {
	case from <= b.Done && last:
		return Behind{Done: to}
	case from <= b.Done:
		b.Done = max(b.Done, to)
	case b.From < b.To && from <= b.To && to >= b.From:
		b = Behind{Done: b.Done, From: min(b.From, from), To: max(b.To, to), Last: last || b.Last && to <= b.To}
	default:
		b = Behind{Done: b.Done, From: from, To: to, Last: last}
	}
	switch {
	case b.From >= b.To || b.To <= b.Done:
		return Behind{Done: b.Done}
	case b.From <= b.Done:
		return Behind{Done: b.To, Last: b.Last}
	}
	return b
}

// Scale says where in its list a page lies: pages have numbers from First on,
// and one more means so many records.
type Scale struct{ First, Per int64 }

// Place is where the page of a number begins.
func (s Scale) Place(number int64) int64 { return (number - s.First) * s.Per }

// Number is that of the page which holds a place.
func (s Scale) Number(place int64) int64 { return s.First + place/s.Per }

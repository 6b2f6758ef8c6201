package list

// What pagination.total turned out to count, as positions keep it.
const (
	CountsAll   = ""      // the records of the whole walk
	CountsLeft  = "left"  // those of this page and of the pages to come
	CountsAfter = "after" // those of the pages to come
	CountsZero  = "zero"  // nothing: it is 0 beside records
	CountsPage  = "page"  // those of the page
)

// Balance is what is known of a walk's total when an answer comes.
type Balance struct {
	Counts string
	Total  *int64 // of the whole walk, as last known
	Before int64  // records of the pages before
	Pages  int64  // these pages
	N      int64  // records of the answer
	Even   bool   // all pages but the last one have as many
}

// Read says what the total of an answer counts, and how many records the whole
// walk then has. Where total and the records before it add up to the same again,
// it counts what is left, and the first total is that of the walk.
func (t Balance) Read(total int64) (counts string, whole int64) {
	whole = CountsNone
	if t.Total != nil {
		whole = *t.Total
	}
	known := t.Pages > 0 && t.Total != nil && (t.N > 0 || total == 0)
	left, after := total+t.Before, total+t.Before+t.N
	switch {
	case t.Counts == CountsZero, t.Counts == CountsPage:
		return t.Counts, CountsNone
	case known && t.Counts == CountsAfter && after == whole:
		return CountsAfter, whole
	case known && t.Counts != CountsAfter && t.Before > 0 && left == whole && (!t.Even || t.N >= min(total, t.Before/t.Pages)):
		return CountsLeft, whole
	case known && (t.Counts == CountsLeft || t.Counts == CountsAll && t.Pages == 1) && total < whole && after == whole+t.Before/t.Pages &&
		(total == 0 || t.N >= t.Before/t.Pages): // a shorter page is the last: where more are to come, rows were deleted meanwhile
		return CountsAfter, after // pages of one size look like the case before, until a shorter one comes
	case total == 0 && t.N > 0:
		return CountsZero, CountsNone
	case t.Before > 0 && total > 0 && total == t.N:
		return CountsPage, CountsNone
	}
	return CountsAll, total
}

// CountsNone is a total that there is not.
const CountsNone = -1

package ledger

import "slices"

// claim is what one of several wants of something. Where not all can have one more, the
// first by turn have it.
type claim struct {
	wants, turn int64
}

// divide returns what each of several gets of what there is: equal parts, but none more
// than it wants.
func divide(all int64, claims []claim) []int64 {
	order := make([]int, len(claims))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(max(-1, min(1, claims[a].wants-claims[b].wants))) })
	parts := make([]int64, len(claims))
	for n := len(order); n > 0; n-- {
		part := all / int64(n)
		i := order[len(order)-n]
		if claims[i].wants > part {
			even(parts, claims, order[len(order)-n:], all)
			break
		}
		parts[i] = claims[i].wants
		all -= parts[i]
	}
	return parts
}

// even divides what there is among those who all want more than their part.
func even(parts []int64, claims []claim, of []int, all int64) {
	of = slices.Clone(of)
	slices.SortStableFunc(of, func(a, b int) int { return int(max(-1, min(1, claims[a].turn-claims[b].turn))) })
	part, more := all/int64(len(of)), all%int64(len(of))
	for k, i := range of {
		parts[i] = part
		if int64(k) < more {
			parts[i]++
		}
	}
}

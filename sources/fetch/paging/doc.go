// Package paging finds a walk's next page, and the proof of its end.
//
// Terms. A [Pager] goes with one walk: it says what the next request asks for,
// takes each [Answer], and says what it [Found]: where the walk goes on, or why
// it ends. A [Position] is where a walk stands; it is kept in states, and another
// pager goes on from it. A way is one pagination type of the definition: a file
// of its own, and a line in the table of ways. What a pager needs of the walk
// around it, it asks for through [Outside]: it knows neither requests nor clients
// nor journals.
//
// Ways that count have pages with numbers or offsets: when the list gets
// shorter, records move to pages that were read, and the walk goes back. Ways
// that name are told by each answer where the next page is; where that turns out
// to be a number, they count too.
//
// Promises.
//
//   - An end is concluded from evidence, and what speaks against it is a [Doubt].
//   - A walk goes round only where that is certain.
//   - An answer that is refused leaves the pager as it was.
//   - Positions hold no secrets: what answers name is sealed before it is kept.
package paging

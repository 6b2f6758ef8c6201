// Package scan proves that a text is JSON (RFC 8259) in UTF-8.
//
// [Prove] does so for a whole body. A [Proof] does it piece by piece, for who
// looks at the values on the way: the scanners of pages, which find records,
// and the check, which holds them against a schema in the same pass. [Space],
// [String], [Number], [Plain] and [ShortNumber] are its steps, for the innermost loops.
//
// A [BodyError] says what was expected where in a body, and what came: of what
// is not JSON here, of what is not as a definition says where records are found.
//
// # Promises
//
//   - Nothing recurses: what is open is kept in a table, and [MaxDepth] bounds
//     it.
//   - A proof allocates nothing, but for an error.
package scan

// Package infer makes a schema of records, and widens one for records that it
// does not fit.
//
// [Inference] reads records one by one. [AddFields] adds what a schema does not
// name, [Widen] changes types and formats too. [WithInferred] joins what somebody
// says of records with what was inferred, and [NullsAsText] is what targets are
// told of fields that were only ever null.
//
// What is inferred is bounded, whatever the records hold, and does not depend on
// their order while they keep within the bounds.
package infer

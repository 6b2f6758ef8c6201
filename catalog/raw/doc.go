// Package raw walks the bytes of JSON that is proven to be valid. It is the one
// walker: whoever looks into a record, a schema, a catalog or a state does it by
// these, and none of them allocates, but for [Text.Unquote] and what says so.
//
// What proves a body (catalog/schema/scan) is no walker: it judges each
// byte, where this package trusts them and looks only for where things end.
//
// On anything but proven JSON a walk answers something, but it stays inside the
// text and comes to an end.
//
// It imports none of our packages, so that all of them may import it.
package raw

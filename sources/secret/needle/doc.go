// Package needle finds secret texts in other texts, however those write them.
//
// Terms. A needle is a text to be found: a secret, and what base64 and
// hexadecimal digits make of one, base64 also of one that is escaped for a URL.
// A spelling is a way to write a needle: each of its characters as it is or
// escaped, for URLs (%2F, %2f, + for a blank), for JSON (\u002f, \/) or for HTML
// (&#x2F;, &sol;), up to three times over one another (%252F, \u00252F), some
// characters so and others not, and once more where that stands in the URL of a
// request.
//
// Promises.
//
//   - A spelling is found wherever it stands, and of those that begin at a
//     place the longest.
//   - base64 of a longer text that has a secret in it is found by the part that
//     the secret alone decides, whatever stands before and behind it.
//   - [Finder.In] passes over a body that holds no needle at a speed that does
//     not depend on how many needles there are.
//
// It does not know what is a secret, nor what is to become of one: package
// sources does.
package needle

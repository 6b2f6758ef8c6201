// Package firstdraft is the command init: it makes the first draft of a definition from what
// describes an API. A reader takes the source, a line of curl, a URL, a HAR file or a
// document, to a definition with what proves each line of it; what the source does not say
// is asked of the API, within --calls, and of a person, where one is there. The definition
// is then written with a config beside it, and previewed from the answers that came.
//
// Promises.
//
//   - No secret of the source stands in the definition, in a remark or in an error.
//   - No file is replaced without a yes.
//   - The API is asked --calls times at the most, the preview among them.
package firstdraft

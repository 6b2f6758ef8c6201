// Package styles is a sample API in the styles of API that people meet: the same
// orders, to be asked for page by page, by cursor, by day, below their shops, behind a
// login, as a file. `tap-rest demo --serve` serves it, and the cookbook in docs has a
// definition for each style.
//
// A style is a way in which an API is asked and answers. Its name is the first segment
// of its paths; an export has the paths of package apitest, which does the answering:
// nothing goes wrong here on purpose.
//
// Every secret is the text s3cret, and every user is called ada: they open nothing else.
package styles

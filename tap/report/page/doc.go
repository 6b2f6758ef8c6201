// Package page makes a page that people open in a browser, of what a journal holds and
// what its last run came to: one HTML file that loads nothing from anywhere.
//
// A [Page] collects the calls of one [Source] after the other and writes the file at the
// end. What a browser shows is made by page.js from the data in the file; page.css has
// its looks, page.html what stands around. The data is JSON in columns, so that a hundred
// thousand calls are read in a moment: a part with what is listed and drawn, which is read
// when the page opens, and parts with the headers and the beginnings of answers, which
// are read when somebody opens a call.
//
// Promises.
//
//   - Nothing that an API sent is ever markup or script: it goes into the file as JSON
//     without <, > and &, comes out as text, and the page's policy lets nothing run but
//     page.js, by its digest.
//   - Secrets show as ***, as in the other ways to look at a journal: package recorded
//     shows answers, and the account holds none.
//   - What was not written down is called not recorded, never 0.
//   - In memory a page takes at most a hundred thousand calls, the latest ones, and 8 MiB
//     of the beginnings of answers: where there are many, less of each is kept.
package page

// Package testbrowser opens pages in Chromium, for tests that look at them as people do:
// what is clicked, what the keyboard does, what the page says to a screen reader, and
// that the browser has nothing to complain of.
//
// It speaks the browser's own protocol (https://chromedevtools.github.io/devtools-protocol)
// over a pipe, which needs no port and no library. A [Browser] is one process with a
// folder of its own; a [Page] is one tab. Where no Chromium is installed a test is skipped
// with a message that says what to install, and fails where CI=true: there a suite that
// looks at nothing would pass unnoticed.
package testbrowser

// Package journals is the commands that look at what runs have recorded: journal list, show,
// export and prune, and report, which makes a page of it. Each finds the journals that it is
// about, those of one source or all in a folder, and opens one after the other.
package journals

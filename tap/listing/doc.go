// Package listing knows which files a listing named, so that a later pass reads the new
// ones and those that have changed, and no other.
//
// Terms. A listing is a stream whose records name files; the files are contexts of
// another stream. A version is a file, the keys that it has in the listing, and its
// replication value, as one hash.
//
// Promises.
//
//   - A version that was read is not read again, though the listing, which goes on from
//     a replication value and looks back, names it again.
//   - A file that failed is asked for again: the next pass of the listing begins at its
//     replication value, or before that.
//   - A state has [Most] versions at most, of those that the listing will name again;
//     [Files.Lacks] says that there are more.
package listing

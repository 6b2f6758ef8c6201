// Package folders says where on disk a run finds what is kept between runs: what
// belongs to its definition in the [Work] folder, and the journal of its source
// among the journals. package workdir reads and writes the files.
package folders

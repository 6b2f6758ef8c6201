// Package unpack takes off what files lie in: compressions (gzip, zstd, bz2, xz),
// archives (zip, tar), base64, and a text in a JSON or XML envelope.
//
// Terms. A layer is one of these; layers are taken off one after the other, from the
// outside in. A member is a file of an archive.
//
//	layer    what is taken off, and what is proven
//	gzip     all members that stand behind one another, as one file; each has its CRC-32
//	zstd     all frames as one file; the checksum where a frame has one; windows up to 128 MiB
//	bz2      all streams as one file; the CRC of each block and stream
//	xz       all streams as one file; CRC-32, CRC-64 or SHA-256, and the index; LZMA2 with dictionaries up to 64 MiB
//	tar      regular files in their order (ustar, PAX, GNU, sparse ones too); the archive's end mark
//	zip      files in the order of the directory (zip64 too); CRC-32 and size; methods store, deflate, bzip2, lzma, zstd, xz
//	base64   both alphabets, padded or not, with white space between the characters
//	path     the text at a dotted path of keys and indexes of a JSON envelope, or of names of elements,
//	         beginning with that of the root, of an XML one; the envelope is proven to its end
//
// Promises.
//
//   - A file ends with io.EOF only where all the layers that it lies in are whole, as far
//     as they were read; [Files] end only where all of them are whole to their ends.
//   - Memory is bounded by the layers' windows (zstd and xz), whatever a file claims. What
//     must be read at any place is copied to a file on disk that has no name, and is
//     gone when its Files are closed.
//   - Names of members are what the archive says: no file is ever made under such a name.
//     They may hold any bytes, and are to be quoted where they are shown.
//   - What expands more than 100,000 times over 1 GiB is refused, and so is a file of more
//     than 64 GiB. Deflate makes at most 1,032 bytes of one, LZMA2 about 7,000, zstd
//     33,000: only bzip2 (a million) and holes in sparse files of tar exceed that, and
//     no file with records in it does. What a caller takes at most it bounds itself.
package unpack

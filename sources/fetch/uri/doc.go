// Package uri reads and writes the URLs of requests and of links, byte for byte
// where they are well written: net/url spells them its own way.
package uri

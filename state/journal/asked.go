package journal

import "fmt"

// asked is the digest of an exchange that stands for a request under way: no
// answer to it has come.
var asked = [16]byte{'a', 's', 'k', 'e', 'd', ',', ' ', 'n', 'o', ' ', 'a', 'n', 's', 'w', 'e', 'r'}

// Ask says that the request of an exchange is about to be sent, and is on disk when
// it returns: where a server keeps the position of a walk, a request whose answer
// nobody has must not be sent again. The exchange, once it comes, takes its place,
// and so does Reject.
func (j *Journal) Ask(k Key, request string) error {
	_, err := j.Append(&Exchange{Key: k, Digest: asked, Request: request})
	if err == nil {
		err = j.Sync()
	}
	if err != nil {
		return fmt.Errorf("note in the journal that %v is asked for: %w", k, err)
	}
	return nil
}

// Asked reports whether the request of an exchange may have been sent, and its
// answer never came.
func (j *Journal) Asked(k Key) bool {
	_, digest, ok := j.Lookup(k)
	return ok && digest == asked
}

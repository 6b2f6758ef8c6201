package runjournal

import (
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/limits"
)

// Forget makes the journal forget a page whose records cannot leave, where it is
// from there: the API may have mended it since, and a definition that is mended
// now would have let it pass. It returns the error of the page.
func (j *Journal) Forget(page limits.Queued, err error) error {
	var e *fetch.Error
	key := page.Key()
	if !page.Recalled || key == nil || j.ReadOnly || errors.Is(err, fetch.ErrStopped) || errors.As(err, &e) {
		return err
	}
	if rejectErr := j.Disk.Reject(*key); rejectErr != nil {
		return fmt.Errorf("%w (the answer is one that the journal has kept, and could not be marked as refused: %w; tap-rest journal prune --all makes the next run ask the API again)", err, rejectErr)
	}
	return fmt.Errorf("%w (the answer is one that the journal has kept: the next run asks the API for it again)", err)
}

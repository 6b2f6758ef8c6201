package target

import "time"

// Hurry sets how long the target gets when its run was stopped.
func (t *Target) Hurry(loading, ending time.Duration) { t.loading, t.ending = loading, ending }

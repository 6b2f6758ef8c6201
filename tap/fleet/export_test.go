package fleet

import "time"

// SetIdle makes workers that find nothing wait less, and returns what undoes that.
func SetIdle(d time.Duration) (undo func()) {
	before := idle
	idle = d
	return func() { idle = before }
}

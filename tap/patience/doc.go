// Package patience says for how long a run asks an API that fails. What failed for
// now is tried again later, but not for ever: one that answers nothing well is
// given up after a few partitions ([API]), so is a context of which too many
// partitions fail, and a stream whose first partitions all refuse who asks
// ([Patience]). A [NotAsked] is why the others are left to the next run.
package patience

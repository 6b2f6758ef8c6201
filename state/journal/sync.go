package journal

import (
	"fmt"

	"github.com/tap-rest/tap-rest/state/journal/disk"
)

// Sync makes everything that was appended before survive a power cut. It is one
// fdatasync, and nothing where nothing was appended. Appending goes on
// meanwhile. After an error nothing more can be written (ErrFailed): the system
// may say of a second sync that it worked, and have thrown the data away.
func (j *Journal) Sync() error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	files, names, err := j.store.takeDirty()
	j.mu.Unlock()
	if err != nil {
		return err
	}
	name, err := j.store.syncFiles(files, names)
	j.mu.Lock()
	defer j.mu.Unlock()
	if err != nil {
		return j.store.unsynced(name, err)
	}
	j.store.closeFull(files)
	return nil
}

// takeDirty takes over what must be synced.
func (st *store) takeDirty() (files []*segment, names bool, err error) {
	if st.readOnly {
		return nil, false, nil
	}
	if err := st.writable(); err != nil {
		return nil, false, err
	}
	files, names = st.dirty, st.newNames
	st.dirty, st.newNames = nil, false
	for _, s := range files {
		s.dirty = false
	}
	return files, names, nil
}

// syncFiles syncs files, and the names in the folder. It changes nothing of the
// store, and needs no lock: name is what could not be synced.
func (st *store) syncFiles(files []*segment, names bool) (name string, err error) {
	for _, s := range files {
		if err := s.file.Sync(); err != nil {
			return st.path(s.number), err
		}
	}
	if !names {
		return "", nil
	}
	return st.dir, st.fs.SyncDir(st.dir)
}

// closeFull closes segments that were synced and are written in full.
func (st *store) closeFull(files []*segment) {
	for _, s := range files {
		if s != st.current && !s.dirty {
			_ = s.file.Close() // it is synced: nothing can be lost
			s.file = nil
		}
	}
}

// unsynced ends writing for this run, after a sync that failed.
func (st *store) unsynced(name string, cause error) error {
	st.failed = fmt.Errorf("%w: sync %s: %w", ErrFailed, name, disk.Classify(cause))
	return st.failed
}

// syncAll syncs what is written, with the journal's syncing and mu held.
func (st *store) syncAll() error {
	files := st.dirty
	if name, err := st.syncFiles(files, true); err != nil {
		return st.unsynced(name, err)
	}
	for _, s := range files {
		s.dirty = false
	}
	st.dirty, st.newNames = nil, false
	st.closeFull(files)
	return nil
}

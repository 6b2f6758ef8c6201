package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"
)

// rotationVersion is the version of the file's format.
const rotationVersion = 1

// rotationFile is the file of a refresh token that the API rotates: it gives
// another one with each token, and takes the former no more. Any token that the
// user gave leads to the latest one, if it is among those that came before.
type rotationFile struct {
	Version int      `json:"version"`
	For     string   `json:"for"`    // SHA-256 of whose tokens these are
	Former  []string `json:"former"` // SHA-256 of those that were, the oldest first
	Token   string   `json:"token"`
}

// errDamaged is wrapped by the error of a file that cannot be read as one.
var errDamaged = fmt.Errorf("it is damaged, or of another version than %d", rotationVersion)

// unreadable is the failure of a refresh token that cannot be looked for. What is
// damaged does not mend itself.
func unreadable(err error) *Failure {
	f := &Failure{Err: fmt.Errorf("the file of the refresh token: %w", err), Later: true, Wait: -1}
	if errors.Is(err, errDamaged) {
		f.Later, f.Advice = false, "the latest token may be in it: where it cannot be restored, remove it, log in again and give a new refresh token"
	}
	return f
}

// longestToken is how much longer the file may get by one more token.
const longestToken = 16 << 10

// mostFormer is how many former tokens a file knows, beside the first.
const mostFormer = 1000

// rotation is the refresh token of the day. Its file is locked: no other process
// asks with it meanwhile.
type rotation struct {
	keeping Keeping
	path    string // "": kept nowhere
	file    rotationFile
	token   string
	stored  bool // the token is the file's, not the one that was given
	lock    *flock.Flock
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// openRotation finds the refresh token that the given one has become.
func openRotation(k Keeping, id, given string) (*rotation, error) {
	r := &rotation{keeping: k, token: given, file: rotationFile{Version: rotationVersion, For: digest(id)}}
	if k.Dir == "" {
		return r, nil
	}
	if err := os.MkdirAll(k.Dir, 0o700); err != nil {
		return nil, err
	}
	r.lock = flock.New(filepath.Join(k.Dir, "lock"), flock.SetPermissions(0o600))
	if err := r.lock.Lock(); err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if err := r.find(given); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// find looks for the file that knows the given token.
func (r *rotation) find(given string) error {
	sum := digest(given)
	r.path = filepath.Join(r.keeping.Dir, "refresh-"+digest(r.file.For + sum)[:16]+".json")
	paths, err := filepath.Glob(filepath.Join(r.keeping.Dir, "refresh-*.json"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var f rotationFile
		if err == nil && (json.Unmarshal(data, &f) != nil || f.Version != rotationVersion || f.Token == "") {
			err = errDamaged
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if f.For == r.file.For && (slices.Contains(f.Former, sum) || digest(f.Token) == sum) {
			r.path, r.file, r.token, r.stored = path, f, f.Token, true
			return nil
		}
	}
	return nil
}

// adopt makes the token that the fleet knows the one that is sent, where it is what the
// given one has become, and the file knows no later one.
func (r *rotation) adopt(known *rotationFile) {
	if known == nil || known.Token == "" || known.For != r.file.For || r.stored && slices.Contains(r.file.Former, digest(known.Token)) {
		return
	}
	if sum := digest(r.token); slices.Contains(known.Former, sum) || digest(known.Token) == sum || r.stored && slices.Contains(known.Former, digest(r.file.Token)) {
		r.file, r.token, r.stored = *known, known.Token, true
	}
}

// probe proves that the token that follows can be kept, before the one that is there
// is spent: it writes what is as long as that, to disk, and takes it away.
func (r *rotation) probe() error {
	if r.path == "" {
		return nil
	}
	probe := strings.TrimSuffix(r.path, ".json") + ".probe"
	data, err := json.Marshal(r.file)
	if err == nil {
		err = r.keeping.Replace(probe, append(data, make([]byte, longestToken)...))
	}
	_ = os.Remove(probe) // one that stays is written over
	return err
}

// keep keeps the token that follows: it is on disk when keep returns.
func (r *rotation) keep(next string) error {
	f := r.file
	f.Former = append(slices.Clip(f.Former), digest(r.token))
	if len(f.Former) > mostFormer { // the first is what the config may say for ever
		f.Former = slices.Delete(slices.Clone(f.Former), 1, 2)
	}
	f.Token = next
	if r.path == "" {
		if r.keeping.Log != nil && r.keeping.Fleet == nil {
			r.keeping.Log.Warn("auth: the API gave another refresh token, and there is no work folder to keep it in: the next run may be refused")
		}
	} else if data, err := json.Marshal(f); err != nil {
		return err
	} else if err := r.keeping.Replace(r.path, append(data, '\n')); err != nil {
		return err
	}
	r.file, r.token, r.stored = f, next, true
	return nil
}

// explain says of a failure which token was refused.
func (r *rotation) explain(err error) error {
	var f *Failure
	if !r.stored || !errors.As(err, &f) || f.Later {
		return err
	}
	named := *f
	where := r.path
	if where == "" {
		where = "the bucket that all workers share"
	}
	named.Advice = fmt.Sprintf("the refresh token that was sent is the latest one that the API gave, kept in %s; if it was used elsewhere since, log in again and give a new one", where)
	return &named
}

func (r *rotation) close() {
	if r.lock != nil {
		_ = r.lock.Close() // the end of the process would, too
	}
}

package disk

import (
	"os"
	"strings"
	"sync"
)

// Boot names the time since the machine started, within which what a process wrote is
// not lost with it, though it was not synced; "" where the system does not say.
var Boot = sync.OnceValue(func() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
})

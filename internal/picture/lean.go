package picture

import (
	"runtime/debug"
	"sync"
)

// leanPercent is GOGC while pictures are in memory. A server otherwise lets its heap grow to four times what is in use
// before it collects garbage, which with a picture of 100 MB in use would be 400. What pictures use has no pointers,
// so to collect often costs little.
const leanPercent = 10

// lean counts what wants little garbage. The collector's setting belongs to the process, so there is one.
var lean struct {
	sync.Mutex
	users  int
	normal int
}

// beLean makes the collector run often until the function that it returns is called.
func beLean() (done func()) {
	lean.Lock()
	defer lean.Unlock()
	if lean.users++; lean.users == 1 {
		lean.normal = debug.SetGCPercent(leanPercent)
	}
	return sync.OnceFunc(func() {
		lean.Lock()
		defer lean.Unlock()
		if lean.users--; lean.users == 0 {
			debug.SetGCPercent(lean.normal)
		}
	})
}

package picture

import (
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// leanPercent is GOGC while pictures are in memory. A server otherwise lets its heap grow to four times what is in use
// before it collects garbage, which with a picture of 100 MB in use would be 400. What pictures use has no pointers,
// so to collect often costs little.
const leanPercent = 10

// leanRoom is how much memory, above what was in use before, the collector tries not to exceed, whatever that costs.
// Pixels (maxMemory), files that come (mostChunks) and files that are decoded are 129 MB. With a fifth of garbage on top, a
// server with 34 MB of program was seen at 201 MB; with a room of 138 MB at 185, and, on a busy machine, at 202.
const leanRoom = 131 << 20

// lean counts what wants little garbage. The collector's settings belong to the process, so there is one.
var lean struct {
	sync.Mutex
	users  int
	normal int
	limit  int64
}

// beLean makes the collector run often until the function that it returns is called.
func beLean() (done func()) {
	lean.Lock()
	defer lean.Unlock()
	if lean.users++; lean.users == 1 {
		lean.normal = debug.SetGCPercent(leanPercent)
		lean.limit = debug.SetMemoryLimit(-1)
		debug.SetMemoryLimit(min(lean.limit, inUse()+leanRoom))
	}
	return sync.OnceFunc(func() {
		lean.Lock()
		defer lean.Unlock()
		if lean.users--; lean.users == 0 {
			debug.SetGCPercent(lean.normal)
			debug.SetMemoryLimit(lean.limit)
		}
	})
}

// inUse returns what the last collection has found in use.
func inUse() int64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return int64(live[0].Value.Uint64())
}

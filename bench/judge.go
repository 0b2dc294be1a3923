package main

import (
	"fmt"
	"slices"
	"time"
)

// hidings are the times in which a viewer does not see a crud.
func (c *checker) hidings(s *said, viewer string) []*hiding {
	list := slices.Concat(s.hidden, c.suspensions[s.author])
	if viewer != "" {
		list = slices.Concat(list, c.blocks[[2]string{viewer, s.author}], c.blocks[[2]string{s.author, viewer}])
	}
	return list
}

// judge compares what was told with what happened, and prints the figures.
func (c *checker) judge(stopped time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var late, latencies []time.Duration
	wrong := 0
	got, unknown := map[string]map[[2]int]int{}, map[string]bool{}
	for _, t := range c.tellings {
		s := c.cruds[t.uuid]
		if s == nil && c.kill {
			unknown[t.uuid] = true // its answer was lost
			continue
		}
		if s == nil {
			return fmt.Errorf("stream %d tells of %q, which nobody has said", t.stream, t.uuid)
		}
		for _, h := range c.hidings(s, t.viewer) {
			if h.at(t.at, 0) {
				late = append(late, t.at.Sub(h.from))
			}
			if h.at(t.at, promised) {
				wrong++
				say("WRONG: %s of %s by %s to %q %s after it was hidden", t.kind, t.uuid, s.author, t.viewer, t.at.Sub(h.from))
			}
		}
		if t.kind == "new" {
			if got[t.uuid] == nil {
				got[t.uuid] = map[[2]int]int{}
			}
			got[t.uuid][[2]int{t.stream, t.gaps}]++
			latencies = append(latencies, t.at.Sub(s.asked))
		}
	}
	owed, missing, twice := c.owed(got, stopped)
	of := func(list []time.Duration, share float64) time.Duration {
		slices.Sort(list)
		if len(list) == 0 {
			return 0
		}
		return list[min(len(list)-1, int(share*float64(len(list))))].Round(time.Millisecond)
	}
	fmt.Printf("what happened on two servers: %v\n", c.did)
	fmt.Printf("%d mentions by 50 streams and two home feeds: %d of something that was hidden already, at most %s after (promised: %s); %d too late\n",
		len(c.tellings), len(late), of(late, 1), promised, wrong)
	fmt.Printf("%d cruds owed to streams: %d missing, %d twice; from the request to the stream p50 %s, p99 %s, all %s\n",
		owed, missing, twice, of(latencies, 0.5), of(latencies, 0.99), of(latencies, 1))
	if c.kill {
		fmt.Printf("%d cruds whose answer was lost stand there all the same\n", len(unknown))
	}
	if wrong+missing+twice > 0 {
		return fmt.Errorf("%d too late, %d missing, %d twice", wrong, missing, twice)
	}
	return nil
}

// owed counts the cruds that streams should have told, once each, and those that they did not. got is how often each crud
// was told by each stream.
//
// What has gone before a stream could tell is owed to none. That takes longer while something is away.
func (c *checker) owed(got map[string]map[[2]int]int, stopped time.Time) (owed, missing, twice int) {
	within := 3 * time.Second
	if c.kill {
		within = 10 * time.Second
	}
	for id, s := range c.cruds {
		for i, viewer := range c.viewers {
			n := 0
			for of, times := range got[id] {
				if of[0] != i {
					continue
				}
				if n += times; times > 1 {
					twice++
					say("TWICE: %s to %q, %d times", id, viewer, times)
				}
			}
			if slices.ContainsFunc(c.hidings(s, viewer), func(h *hiding) bool { return h.touches(s.asked.Add(-promised), s.ready.Add(within)) }) {
				continue
			}
			if owed++; n == 0 && !c.read[id][i] {
				missing++
				var read []time.Duration
				for _, g := range c.gaps {
					if g.stream == i {
						read = append(read, g.at.Sub(s.ready).Round(time.Millisecond))
					}
				}
				say("MISSING: %s by %s, said %s before the end, to stream %d of %q, who has read the feed %v later", id, s.author, stopped.Sub(s.ready), i, viewer, read)
			}
		}
	}
	return owed, missing, twice
}

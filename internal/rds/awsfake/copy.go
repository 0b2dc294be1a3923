package awsfake

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// Adopt copies the state of from: its clock, instances in a stable state, snapshots, groups, secrets and rules.
// Exported fields stay unchanged. Creating an instance takes dozens of calls, copying one takes none.
func (s *Server) Adopt(from *Server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from.mu.Lock()
	defer from.mu.Unlock()
	s.now, s.serial, s.events = from.now, from.serial, slices.Clone(from.events)
	for id, i := range from.instances {
		s.instances[id] = &instance{DBInstance: *deep(&i.DBInstance)}
	}
	for id, sn := range from.snapshots {
		s.snapshots[id] = &snapshot{*deep(&sn.DBSnapshot), sn.until, slices.Clone(sn.shared)}
	}
	for id, g := range from.groups {
		c := *g
		c.values = maps.Clone(g.values)
		s.groups[id] = &c
	}
	for arn, x := range from.secrets {
		c := *x
		s.secrets[arn] = &c
	}
	maps.Copy(s.subnetSets, from.subnetSets) // nothing changes one
	s.security, s.rules = maps.Clone(from.security), maps.Clone(from.rules)
}

// deep returns a deep copy.
func deep[T types.DBInstance | types.DBSnapshot](from *T) *T {
	b, err := json.Marshal(from)
	if err != nil {
		panic(err)
	}
	to := new(T)
	if err := json.Unmarshal(b, to); err != nil {
		panic(err)
	}
	return to
}

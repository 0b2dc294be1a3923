package cli

import (
	"fmt"

	"cruddur/internal/dbadmin"
)

func sessionTable() *table {
	return &table{empty: "no sessions", columns: []column{
		{title: "PID", right: true}, {title: "USER", least: 8}, {title: "DATABASE", least: 8, drop: 3}, {title: "CLIENT", least: 9},
		{title: "APPLICATION", least: 10}, {title: "STATE", least: 6}, {title: "AGE", right: true}, {title: "IN STATE", right: true, drop: 1},
		{title: "WAIT", least: 6, drop: 2}, {title: "QUERY", least: 16},
	}}
}

func addSession(t *table, s dbadmin.Session) {
	t.add(fmt.Sprint(s.PID), s.User, s.Database, s.Client, s.Application, s.State, ageText(s.Age), ageText(s.InState), s.Wait, s.Query)
}

package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// TestKeptRules runs the rules of what a browser keeps, in Node: each with the value just inside and just outside.
func TestKeptRules(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("no node found; make test installs it: ", err)
	}
	source, err := staticEmbed.ReadFile("static/kept.js")
	if err != nil {
		t.Fatal(err)
	}
	const hour, day = 3_600_000, 86_400_000
	type values map[string]any
	home := func(change values) values {
		h := values{"member": "m", "stored": 1000, "seen": 1000, "offset": 0, "cards": []values{{"id": "a", "end": 5000}}}
		for k, v := range change {
			h[k] = v
		}
		return h
	}
	script := *bytes.NewBuffer(source)
	var names, wants []string
	item := func(at int, fields ...[2]string) values { return values{"at": at, "fields": fields} }
	for _, tt := range []struct {
		name string
		call string
		args []any
		want string
	}{
		{"alive", "(h, t) => alive(h, t)?.cards.length ?? null", []any{home(nil), 4999}, "1"},
		{"at its end", "(h, t) => alive(h, t)?.cards.length ?? null", []any{home(nil), 5000}, "0"},
		{"by the server's clock, which is ahead", "(h, t) => alive(h, t)?.cards.length ?? null", []any{home(values{"offset": 1000}), 4000}, "0"},
		{"and one before", "(h, t) => alive(h, t)?.cards.length ?? null", []any{home(values{"offset": 1000}), 3999}, "1"},
		{"just within a day", "(h, t) => alive(h, t)?.cards.length ?? null", []any{home(values{"cards": []values{{"end": 2 * day}}}), 1000 + day - 1}, "1"},
		{"after a day", "(h, t) => alive(h, t)?.cards.length ?? null", []any{home(values{"cards": []values{{"end": 2 * day}}}), 1000 + day}, "null"},
		{"the clock stands", "(h, t) => alive(h, t)?.cards.length ?? null", []any{home(nil), 1000}, "1"},
		{"the clock is set back", "(h, t) => alive(h, t)?.cards.length ?? null", []any{home(nil), 999}, "null"},
		{"the clock is set back since somebody looked", "(h, t) => alive(alive(h, 3000), t)?.cards.length ?? null", []any{home(nil), 2999}, "null"},
		{"nothing is kept", "(h, t) => alive(h, t)", []any{nil, 1}, "null"},
		{"has not waited too long", "outlived", []any{item(0, [2]string{"ttl", "1-hour"}), hour - 1}, "false"},
		{"has waited too long", "outlived", []any{item(0, [2]string{"ttl", "1-hour"}), hour}, "true"},
		{"has waited for days", "outlived", []any{item(0, [2]string{"ttl", "30-days"}), 30*day - 1}, "false"},
		{"lives with the thread", "outlived", []any{item(0, [2]string{"ttl", ""}), 400 * day}, "false"},
		{"taken", "verdict", []any{200}, `"sent"`},
		{"no answer", "verdict", []any{0}, `"waiting"`},
		{"too many", "verdict", []any{429, []string{"too_many"}}, `"waiting"`},
		{"the server is away", "verdict", []any{503}, `"waiting"`},
		{"somebody else is signed in", "verdict", []any{403, []string{"other_member"}}, `"waiting"`},
		{"forbidden", "verdict", []any{403, []string{"account_suspended"}}, `"refused"`},
		{"signed out", "verdict", []any{401}, `"refused"`},
		{"gone", "verdict", []any{404}, `"refused"`},
		{"too long", "verdict", []any{422}, `"refused"`},
		{"can wait", `(f) => itemOf("/compose", f, 7)?.id`, []any{[][2]string{{"draft", "d"}, {"by", "m"}, {"message", "x"}}}, `"d"`},
		{"under another key", `(f) => { const i = renamed(itemOf("/compose", f, 7)); return i.id !== "d" && i.id.length <= 32 && fieldOf(i, "draft") === i.id && fieldOf(i, "message"); }`, []any{[][2]string{{"draft", "d"}, {"by", "m"}, {"message", "x"}}}, `"x"`},
		{"names no member", `(f) => itemOf("/compose", f, 7)`, []any{[][2]string{{"draft", "d"}, {"by", ""}, {"message", "x"}}}, "null"},
		{"has no key", `(f) => itemOf("/compose", f, 7)`, []any{[][2]string{{"draft", ""}, {"by", "m"}, {"message", "x"}}}, "null"},
		{"says nothing", `(f) => itemOf("/compose", f, 7)`, []any{[][2]string{{"draft", "d"}, {"by", "m"}, {"message", " \n"}}}, "null"},
		{"adds pictures only", `(f) => itemOf("/compose", f, 7)`, []any{[][2]string{{"draft", "d"}, {"by", "m"}, {"message", "x"}, {"do", "pictures"}}}, "null"},
	} {
		args, err := json.Marshal(tt.args)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&script, "console.log(JSON.stringify((%s)(...%s)) ?? 'null');\n", tt.call, args)
		names, wants = append(names, tt.name), append(wants, tt.want)
	}
	cmd := exec.Command(node, "-")
	cmd.Stdin = &script
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for i, got := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if got != wants[i] {
			t.Errorf("%s: %s, want %s", names[i], got, wants[i])
		}
	}
}

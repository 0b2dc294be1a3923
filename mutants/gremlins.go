package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// This file works around some behaviour of gremlins:
//   - It takes a folder with all that lies below it: copyFor leaves out what is not needed.
//   - Its patience is a multiple of the time that the tests took for the coverage, which on a busy machine
//     is soon too little. Hence patience below.
//   - A mutant that does not compile ("a" - "b") counts as killed, and a condition after a case as not
//     covered, because Go's coverage begins behind the colon. check looks at each of those again.
//   - It tests the package of the mutant alone, or with -integration all packages there are. What only
//     other packages' tests would see belongs into the lists of replacements, where a line names its tests.

// patience is the time limit of a mutant, compilation included, as a multiple of the coverage run's time.
const patience = "10"

type report struct {
	Files []struct {
		Name      string `json:"file_name"`
		Mutations []mutation
	}
}

func (p gremlinsPackage) name() string {
	if p.dir == "." {
		return "cruddur"
	}
	return p.dir
}

func (p gremlinsPackage) run(ctx context.Context, w *workshop) (result, error) {
	src, err := w.copyFor(ctx, p.dir)
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(src)
	out := filepath.Join(w.dir, "report.json")
	args := []string{
		"unleash", filepath.Join(src, p.dir), "--output", out, "--workers", "1", "--timeout-coefficient", patience,
		"--invert-logical", "--invert-loopctrl", "--invert-assignments", "--remove-self-assignments",
	}
	excluded, err := p.excluded(src)
	if err != nil {
		return result{}, err
	}
	for _, pattern := range excluded {
		args = append(args, "--exclude-files", pattern)
	}
	cmd := w.command(ctx, src, w.gremlins, args...)
	// Gremlins has no flags for these.
	if p.tests != "" {
		cmd.Env = append(cmd.Env, "GOFLAGS="+goFlags+" -run="+p.tests)
	} else if p.skip != "" {
		cmd.Env = append(cmd.Env, "GOFLAGS="+goFlags+" -skip="+p.skip)
	}
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr // without output for this long it would look like a fault
	if err := cmd.Run(); err != nil {
		return result{}, fmt.Errorf("gremlins: %w", err)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		return result{}, err
	}
	var rep report
	if err := json.Unmarshal(b, &rep); err != nil {
		return result{}, fmt.Errorf("read gremlins' report: %w", err)
	}
	return p.count(ctx, w, src, rep)
}

// excluded returns patterns of the files below the package's folder that gremlins must not change.
func (p gremlinsPackage) excluded(src string) ([]string, error) {
	patterns := []string{"/"} // everything in subfolders
	if len(p.files) == 0 {
		return patterns, nil
	}
	entries, err := os.ReadDir(filepath.Join(src, p.dir))
	if err != nil {
		return nil, err
	}
	found := 0
	for _, e := range entries {
		switch {
		case slices.Contains(p.files, e.Name()):
			found++
		case filepath.Ext(e.Name()) == ".go":
			patterns = append(patterns, "^"+regexp.QuoteMeta(e.Name())+"$")
		}
	}
	if found != len(p.files) {
		return nil, fmt.Errorf("%d of the files %s are there; mend packages.go", found, strings.Join(p.files, ", "))
	}
	return patterns, nil
}

func (p gremlinsPackage) count(ctx context.Context, w *workshop, src string, rep report) (result, error) {
	var r result
	for _, f := range rep.Files {
		file := filepath.Join(p.dir, filepath.Base(f.Name))
		text, err := os.ReadFile(filepath.Join(src, file))
		if err != nil {
			return r, err
		}
		lines := strings.Split(string(text), "\n")
		for _, m := range f.Mutations {
			if m.Line < 1 || m.Line > len(lines) {
				return r, fmt.Errorf("gremlins names line %d of %s, which has %d", m.Line, file, len(lines))
			}
			line := strings.TrimSpace(lines[m.Line-1])
			if slices.ContainsFunc(sames, func(s same) bool { return s.file == file && s.line == line && s.kind == m.Type }) {
				r.accepted++
				continue
			}
			status, err := m.check(ctx, w, src, file, lines)
			if err != nil {
				return r, err
			}
			switch status {
			case "KILLED", "TIMED OUT": // an endless loop counts as noticed
				r.killed++
			case "LIVED":
				r.survived++
				r.survivors = append(r.survivors, fmt.Sprintf("%s:%d:%d %s: %s", file, m.Line, m.Column, m.Type, line))
			case "NOT COVERED":
				r.notCovered++
				r.survivors = append(r.survivors, fmt.Sprintf("%s:%d:%d %s, not covered: %s", file, m.Line, m.Column, m.Type, line))
			}
		}
	}
	slices.Sort(r.survivors)
	return r, nil
}

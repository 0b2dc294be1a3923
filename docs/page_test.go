package docs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// page is a Markdown file and what of it is run.
type page struct {
	name   string
	needs  []string // of the sandbox; see needs
	lines  []string
	blocks []block
}

// block is a fenced block: a transcript, commands, or data.
type block struct {
	line     int // of its opening fence, counted from 0
	language string
	reason   string // why it is not run
	typed    string // what is typed when a command asks
	before   []string
	steps    []step
}

// step is one command. Of a transcript the lines from begin to end are what it prints.
type step struct {
	command    string
	begin, end int
}

const (
	transcript = "console" // commands and their output, which is compared
	commands   = "sh"      // commands that must succeed
)

// data are the languages of blocks that hold no command.
var data = []string{"json", "yaml", "text", "sql"}

var (
	fence     = regexp.MustCompile("^\\s*```(.*)$")
	directive = regexp.MustCompile(`^<!-- (not run|typed|runs with):(.*)-->$`)
)

const beforeOpens = "<!-- before:"

// parse finds the blocks of a page. A comment stands on the lines right above the block that it is about:
//
//	<!-- not run: REASON -->   the block is not run
//	<!-- typed: TEXT -->       what is typed once a command of it asks
//	<!-- before:               commands that are run before it and not shown, one a line, until -->
//
// And anywhere <!-- runs with: NEEDS --> says what the sandbox of the page holds besides an empty HOME.
func parse(name, text string) (p *page, complaints []string) {
	p = &page{name: name, lines: strings.Split(text, "\n")}
	complain := func(line int, format string, args ...any) {
		complaints = append(complaints, fmt.Sprintf("%s:%d: ", name, line+1)+fmt.Sprintf(format, args...))
	}
	var next block
	unused := func(line int) {
		if next.reason != "" || next.typed != "" || next.before != nil {
			complain(line, "a comment for the runner stands above no block")
		}
		next = block{}
	}
	for i := 0; i < len(p.lines); i++ {
		line := p.lines[i]
		if line == beforeOpens {
			for i++; i < len(p.lines) && p.lines[i] != "-->"; i++ {
				next.before = append(next.before, p.lines[i])
			}
			continue
		}
		if m := directive.FindStringSubmatch(line); m != nil {
			value := strings.TrimSpace(m[2])
			switch {
			case value == "":
				complain(i, "%q without a text", m[1])
			case m[1] == "runs with":
				p.needs = strings.Fields(value)
			case m[1] == "typed":
				next.typed = value
			default:
				next.reason = value
			}
			continue
		}
		m := fence.FindStringSubmatch(line)
		if m == nil {
			unused(i)
			continue
		}
		next.line, next.language = i, m[1]
		for i++; i < len(p.lines) && fence.FindString(p.lines[i]) == ""; i++ {
		}
		if i == len(p.lines) {
			complain(next.line, "the block has no end")
			break
		}
		if wrong := next.read(p.lines, i); wrong != "" {
			complain(next.line, "%s", wrong)
		}
		p.blocks = append(p.blocks, next)
		next = block{}
	}
	return p, complaints
}

// read finds the commands of a block that ends before a line. It returns what is wrong with the block, or "".
func (b *block) read(lines []string, end int) (wrong string) {
	switch {
	case slices.Contains(data, b.language):
		return ""
	case b.language != transcript && b.language != commands:
		return fmt.Sprintf("a block of %q: want %s (with output), %s (commands) or one of %v", b.language, transcript, commands, data)
	case b.reason != "":
		return ""
	case b.language == transcript:
		b.steps = transcriptSteps(lines, b.line+1, end)
	default:
		b.steps = commandSteps(lines[b.line+1 : end])
	}
	if b.steps == nil {
		return "no command in the block"
	}
	return ""
}

// transcriptSteps reads "$ command", its further lines "> …", and the output under them.
func transcriptSteps(lines []string, from, to int) (steps []step) {
	for i := from; i < to; {
		command, ok := strings.CutPrefix(lines[i], "$ ")
		if !ok {
			return nil // output of no command
		}
		for i++; i < to && strings.HasPrefix(lines[i], "> "); i++ {
			command += "\n" + lines[i][2:]
		}
		s := step{command: command, begin: i}
		for ; i < to && !strings.HasPrefix(lines[i], "$ "); i++ {
		}
		for s.end = i; s.end > s.begin && lines[s.end-1] == ""; s.end-- {
		}
		steps = append(steps, s)
	}
	return steps
}

// commandSteps reads one command a line; a backslash continues it.
func commandSteps(lines []string) (steps []step) {
	var command string
	for _, line := range lines {
		if command == "" && (line == "" || strings.HasPrefix(line, "#")) {
			continue
		}
		command += line
		if strings.HasSuffix(line, `\`) {
			command += "\n"
			continue
		}
		steps = append(steps, step{command: command})
		command = ""
	}
	return steps
}

// Package command is what all commands share: access to the outside world, the options and the source of
// their values, exit codes, the log, and how to open the database, the accounts and AWS. It must not contain
// a command, ask a question or make a decision for one.
package command

import (
	"context"
	"io"
	"time"

	"cruddur/internal/cli/terminal"
)

// Program is what a command needs from the outside world; tests replace all of it.
type Program struct {
	Getenv         func(string) string // as os.Getenv
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Config         *Config // the options
	Version        string  // of this binary

	// The clock of the commands that wait for Amazon; nil means the real one.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
}

// NewOutput returns the command's output; color is auto, always or never.
func (p *Program) NewOutput(color string) *terminal.Output {
	return terminal.New(p.Getenv, p.Stdout, p.Stderr, color)
}

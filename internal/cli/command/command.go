// Package command is what all commands share: the world outside, the options and where their values come from,
// exit codes, the log, and how the database, the accounts and AWS are reached. It must not hold a command, ask
// or decide for one.
package command

import (
	"context"
	"io"
	"time"

	"cruddur/internal/cli/terminal"
)

// Program is what a command needs from the world outside; tests replace all of it.
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

// NewOutput is how a command speaks; color is auto, always or never.
func (p *Program) NewOutput(color string) *terminal.Output {
	return terminal.New(p.Getenv, p.Stdout, p.Stderr, color)
}

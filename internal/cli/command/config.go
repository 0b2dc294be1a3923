package command

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// Option declares one setting, once: its variable, its flag, its default and its help.
type Option struct {
	Env    string             // the environment variable; with secret also NAME_FILE
	Flag   string             // the flag, or "" for none
	On     string             // the command that has the flag; "" is every command
	Value  string             // the default
	Help   string             // what it is for, a part of a sentence
	Secret bool               // never printed; may come from the file that NAME_FILE names
	IsBool bool               // the flag needs no value
	Check  func(string) error // why a value cannot be taken; nil takes all
}

// Config holds the effective value of every option: flag above environment above default.
type Config struct {
	getenv  func(string) string
	Options []Option               // all of them, as Options declares them
	flags   map[string]*pflag.Flag // by environment variable
}

// NewConfig reads no value yet; getenv is as os.Getenv.
func NewConfig(getenv func(string) string) *Config {
	return &Config{getenv: getenv, Options: Options(), flags: map[string]*pflag.Flag{}}
}

// Bind adds to a command's flags the options that belong to it: "" for those of every command.
func (c *Config) Bind(flags *pflag.FlagSet, command string) {
	for _, o := range c.Options {
		if o.Flag == "" || o.On != command {
			continue
		}
		if o.IsBool {
			flags.Bool(o.Flag, o.Value == "true", o.Help+" ($"+o.Env+")")
		} else {
			flags.String(o.Flag, o.Value, o.Help+" ($"+o.Env+")")
		}
		c.flags[o.Env] = flags.Lookup(o.Flag)
	}
}

// Get returns the effective value of the option that env names, and where it came from: "flag",
// "environment", "file" or "default". It panics on an undeclared name.
func (c *Config) Get(env string) (value, source string, err error) {
	for _, o := range c.Options {
		if o.Env != env {
			continue
		}
		value, source, err = c.Lookup(o)
		if err == nil && source != "default" && strings.TrimSpace(value) == "" {
			err = Exit(ExitUsage, fmt.Errorf("%s is set to nothing but blanks (from the %s)", o.Env, source))
		}
		if err == nil && o.Check != nil && value != "" {
			if err = o.Check(value); err != nil {
				shown := strconv.Quote(value)
				if o.Secret {
					shown = "the value"
				}
				name := o.Env
				if source == "flag" {
					name = "--" + o.Flag
				}
				err = Exit(ExitUsage, fmt.Errorf("%s: %s: %w", name, shown, err))
			}
		}
		return value, source, err
	}
	panic("cli: option " + env + " is not declared")
}

// Lookup is Get without a check, also of an option that is not declared: NAME_CONNECTION_URL of any name.
func (c *Config) Lookup(o Option) (value, source string, err error) {
	if f := c.flags[o.Env]; f != nil && f.Changed {
		return f.Value.String(), "flag", nil
	}
	if v := c.getenv(o.Env); v != "" {
		return v, "environment", nil
	}
	if o.Secret {
		if path := c.getenv(o.Env + "_FILE"); path != "" {
			b, err := os.ReadFile(path)
			if err != nil {
				return "", "", Exit(ExitUsage, fmt.Errorf("%s_FILE: %w", o.Env, err))
			}
			return strings.TrimRight(string(b), "\r\n"), "file", nil
		}
	}
	return o.Value, "default", nil
}

// Text returns a value and forgets its source.
func (c *Config) Text(env string) (string, error) {
	v, _, err := c.Get(env)
	return v, err
}

// Bool returns the value of a switch.
func (c *Config) Bool(env string) (bool, error) {
	v, _, err := c.Get(env)
	if err != nil || v == "" {
		return false, err
	}
	return strconv.ParseBool(v)
}

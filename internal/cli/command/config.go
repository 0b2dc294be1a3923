package command

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// Option declares one setting: its environment variable, its flag, its default and its help. Each setting is
// declared once.
type Option struct {
	Env    string             // the environment variable; with secret also NAME_FILE
	Flag   string             // the flag, or "" for none
	On     string             // the command that has the flag; "" is every command
	Value  string             // the default
	Help   string             // its purpose, as part of a sentence
	Secret bool               // never printed; may come from the file that NAME_FILE names
	IsBool bool               // the flag takes no value
	Check  func(string) error // why a value is not valid; nil accepts any value
}

// Config holds the effective value of every option: a flag overrides the environment, the environment
// overrides the default.
type Config struct {
	getenv  func(string) string
	Options []Option               // all of them, as Options declares them
	flags   map[string]*pflag.Flag // by environment variable
}

// NewConfig returns a Config that has read no value yet; getenv works as os.Getenv.
func NewConfig(getenv func(string) string) *Config {
	return &Config{getenv: getenv, Options: Options(), flags: map[string]*pflag.Flag{}}
}

// Bind adds the options of a command to its flags; the command "" stands for the options of every command.
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

// Get returns the effective value of the option that env names, and its source: "flag", "environment", "file"
// or "default". It panics on an undeclared name.
func (c *Config) Get(env string) (value, source string, err error) {
	for _, o := range c.Options {
		if o.Env != env {
			continue
		}
		value, source, err = c.Lookup(o)
		if err == nil && source != "default" && strings.TrimSpace(value) == "" {
			err = Exit(ExitUsage, fmt.Errorf("%s is set to blanks only (from the %s)", o.Env, source))
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

// Lookup is Get without the option's check. It also takes an option that is not declared: NAME_CONNECTION_URL
// for any NAME.
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

// Text returns an option's value without its source.
func (c *Config) Text(env string) (string, error) {
	v, _, err := c.Get(env)
	return v, err
}

// Bool returns the value of a boolean option.
func (c *Config) Bool(env string) (bool, error) {
	v, _, err := c.Get(env)
	if err != nil || v == "" {
		return false, err
	}
	return strconv.ParseBool(v)
}

// CheckOption returns why a value is not valid for the option that env names, or nil.
func CheckOption(env, value string) error {
	for _, o := range Options() {
		if o.Env == env && o.Check != nil {
			return o.Check(value)
		}
	}
	return nil
}

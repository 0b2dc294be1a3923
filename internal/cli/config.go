package cli

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cruddur/internal/cli/terminal"
	"cruddur/internal/pgserver"
)

// option declares one setting, once: its variable, its flag, its default and its help.
type option struct {
	env    string // the environment variable; with secret also NAME_FILE
	flag   string // the flag, or "" for none
	on     string // the command that has the flag; "" is every command
	value  string // the default
	help   string
	secret bool // never printed; may come from the file that NAME_FILE names
	isBool bool // the flag needs no value
	check  func(string) error
}

// config holds the effective value of every option: flag above environment above default.
type config struct {
	getenv  func(string) string
	options []option
	flags   map[string]*pflag.Flag // by environment variable
}

func newConfig(getenv func(string) string) *config {
	return &config{getenv: getenv, options: options(), flags: map[string]*pflag.Flag{}}
}

// bind adds to a command's flags the options that belong to it: "" for those of every command.
func (c *config) bind(flags *pflag.FlagSet, command string) {
	for _, o := range c.options {
		if o.flag == "" || o.on != command {
			continue
		}
		if o.isBool {
			flags.Bool(o.flag, o.value == "true", o.help+" ($"+o.env+")")
		} else {
			flags.String(o.flag, o.value, o.help+" ($"+o.env+")")
		}
		c.flags[o.env] = flags.Lookup(o.flag)
	}
}

// get returns the effective value of the option that env names, and where it came from: "flag",
// "environment", "file" or "default". It panics on an undeclared name.
func (c *config) get(env string) (value, source string, err error) {
	for _, o := range c.options {
		if o.env != env {
			continue
		}
		value, source, err = c.lookup(o)
		if err == nil && source != "default" && strings.TrimSpace(value) == "" {
			err = exitWith(exitUsage, fmt.Errorf("%s is set to nothing but blanks (from the %s)", o.env, source))
		}
		if err == nil && o.check != nil && value != "" {
			if err = o.check(value); err != nil {
				shown := strconv.Quote(value)
				if o.secret {
					shown = "the value"
				}
				name := o.env
				if source == "flag" {
					name = "--" + o.flag
				}
				err = exitWith(exitUsage, fmt.Errorf("%s: %s: %w", name, shown, err))
			}
		}
		return value, source, err
	}
	panic("cli: option " + env + " is not declared")
}

func (c *config) lookup(o option) (value, source string, err error) {
	if f := c.flags[o.env]; f != nil && f.Changed {
		return f.Value.String(), "flag", nil
	}
	if v := c.getenv(o.env); v != "" {
		return v, "environment", nil
	}
	if o.secret {
		if path := c.getenv(o.env + "_FILE"); path != "" {
			b, err := os.ReadFile(path)
			if err != nil {
				return "", "", exitWith(exitUsage, fmt.Errorf("%s_FILE: %w", o.env, err))
			}
			return strings.TrimRight(string(b), "\r\n"), "file", nil
		}
	}
	return o.value, "default", nil
}

// text returns a value and forgets its source.
func (c *config) text(env string) (string, error) {
	v, _, err := c.get(env)
	return v, err
}

func (c *config) bool(env string) (bool, error) {
	v, _, err := c.get(env)
	if err != nil || v == "" {
		return false, err
	}
	return strconv.ParseBool(v)
}

// flagError says what a flag wants instead of a value that is none. pflag quotes the functions that have tried
// to read it.
func flagError(err error) error {
	e, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err
	}
	want := map[string]string{"int": "a whole number", "int64": "a whole number", "float64": "a number", "bool": "true or false", "duration": "a time such as 30s or 5m"}
	kind := want[e.GetFlag().Value.Type()]
	if kind == "" {
		return err
	}
	return fmt.Errorf("--%s: %q: want %s", e.GetFlag().Name, e.GetValue(), kind)
}

func checkBool(s string) error {
	if _, err := strconv.ParseBool(s); err != nil {
		return errors.New("want true or false")
	}
	return nil
}

func (p *program) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "config",
		GroupID: "operator",
		Short:   "Print every option with its effective value, secrets redacted",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o := p.newOutput("auto")
			o.JSON = cmd.Flag("json").Value.String() == "true"
			return p.printConfig(o)
		},
	}
	cmd.Flags().Bool("json", false, "print one JSON document")
	return cmd
}

func (p *program) printConfig(o *terminal.Output) error {
	t := &terminal.Table{Columns: []terminal.Column{{Title: "OPTION"}, {Title: "VALUE"}, {Title: "FROM"}, {Title: "MEANING", Least: 24, Drop: 1}}}
	documents := []any{}
	for _, x := range p.config.options {
		value, source, err := p.config.get(x.env)
		if err != nil {
			return err
		}
		if x.env == "CRUDDUR_DATA_DIR" && value == "" {
			value = pgserver.DefaultDir(p.getenv)
		}
		if x.secret && value != "" {
			value = "(set)"
		}
		t.Add(x.env, value, source, x.help)
		documents = append(documents, map[string]any{
			"option": x.env, "value": value, "from": source, "secret": x.secret, "meaning": x.help,
		})
	}
	return o.Print(map[string]any{"options": documents}, t)
}

package dbcmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/dbadmin"
)

// rolesTree returns cruddur db roles with its sub-commands.
func (p *group) rolesTree(f *flags) *cobra.Command {
	tree := p.sub(f, p.rolesList("roles", "Manage roles with the least privilege, and list their rights"))
	tree.AddCommand(p.sub(f, p.rolesList("list", "The same as roles")))
	for _, spec := range []action{p.roleCreate(), p.roleGrant(), p.roleRotate(), p.roleDrop()} {
		tree.AddCommand(p.sub(f, spec))
	}
	return tree
}

func (p *group) rolesList(use, short string) action {
	return action{
		use: use, short: short, heading: "db-roles",
		run: func(ctx context.Context, r *run, _ []string) error {
			list, err := r.admin.Roles(ctx)
			if err != nil {
				return err
			}
			t := &terminal.Table{Columns: []terminal.Column{
				{Title: "ROLE", Least: 12}, {Title: "KIND", Paint: rolePaint}, {Title: "LOGIN"}, {Title: "MAY CREATE", Drop: 2}, {Title: "SESSIONS", Right: true}, {Title: "VALID UNTIL", Drop: 3, Blank: true}, {Title: "MEMBER OF", Least: 12, Drop: 1, Blank: true},
			}}
			for _, role := range list {
				var may []string
				if role.CreateDB {
					may = append(may, "databases")
				}
				if role.CreateRole {
					may = append(may, "roles")
				}
				until := ""
				if role.ValidUntil != nil {
					until = role.ValidUntil.UTC().Format(time.DateTime)
				}
				t.Add(role.Name, role.Kind, map[bool]string{true: "yes", false: "no"}[role.Login], strings.Join(may, ", "), fmt.Sprint(role.Sessions), until, strings.Join(role.MemberOf, ", "))
			}
			return r.Print(map[string]any{"roles": list}, t)
		},
	}
}

func rolePaint(kind string) string {
	if kind == "superuser" {
		return terminal.PaintWarn
	}
	return ""
}

// roleFlags say which kind of role is wanted.
type roleFlags struct {
	owner, app, readOnly, iam, stdin, rotate bool
}

func (k *roleFlags) kinds(f *pflag.FlagSet) {
	f.BoolVar(&k.owner, "owner", false, "a role that owns the schema and migrates it")
	f.BoolVar(&k.app, "app", false, "a role for cruddur serve: reads and writes rows, cannot change the schema")
	f.BoolVar(&k.readOnly, "read-only", false, "a role that may only select")
}

func (k *roleFlags) kind() (dbadmin.RoleKind, error) {
	chosen := []dbadmin.RoleKind{}
	for kind, on := range map[dbadmin.RoleKind]bool{dbadmin.RoleOwner: k.owner, dbadmin.RoleApp: k.app, dbadmin.RoleReadOnly: k.readOnly} {
		if on {
			chosen = append(chosen, kind)
		}
	}
	if len(chosen) != 1 {
		return "", command.Exit(command.ExitUsage, errors.New("give one of --owner, --app and --read-only"))
	}
	return chosen[0], nil
}

var roleName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

func checkRole(name string) error {
	if !roleName.MatchString(name) || strings.HasPrefix(name, "pg_") {
		return command.Exit(command.ExitUsage, fmt.Errorf("%q cannot be the name of a role: want lower-case letters, digits and _", name))
	}
	return nil
}

func (p *group) roleCreate() action {
	k := &roleFlags{}
	return action{
		use: "create NAME", short: "Create a role with the rights that its kind needs, and no others", heading: "db-roles-create", least: 1, most: 1,
		long: `Create a role that may log in, and grant it the rights of its kind, for existing and for future tables.
Without --password-stdin a password is generated and printed once, on stdout. Only its SCRAM secret is sent
to the server, so the password appears in no log. A role that exists keeps its password and its login, and
its rights are brought up to date; --rotate gives it a new password too.`,
		flags: func(f *pflag.FlagSet) {
			k.kinds(f)
			f.BoolVar(&k.stdin, "password-stdin", false, "read the password from standard input")
			f.BoolVar(&k.rotate, "rotate", false, "give an existing role a new password too")
			f.BoolVar(&k.iam, "iam", false, "no password; the role logs in to Amazon RDS with IAM tokens (grants rds_iam)")
		},
		run: func(ctx context.Context, r *run, args []string) error {
			kind, err := k.kind()
			if err != nil {
				return err
			}
			if err := checkRole(args[0]); err != nil {
				return err
			}
			password, made, err := r.password(k)
			if err != nil {
				return err
			}
			created, err := r.admin.CreateRole(ctx, args[0], kind, password, k.iam, k.rotate)
			if err != nil {
				return err
			}
			r.note("role", args[0])
			r.note("created", created)
			if created {
				r.Say("created role %s (%s) for database %s", args[0], kind, r.admin.Database())
				return r.showPassword(password, made)
			}
			r.note("rotated", k.rotate)
			if k.rotate {
				r.Say("role %s exists; rights of %s brought up to date, and it has a new password", args[0], kind)
				return r.showPassword(password, made)
			}
			r.Say("role %s exists; rights of %s brought up to date, its password and login are as before", args[0], kind)
			if k.stdin || k.iam {
				r.Warn("its login was not changed as the flags ask; add --rotate to change it")
			}
			return nil
		},
	}
}

// password reads a password or generates one; made reports whether it was generated, so that the operator
// must be told.
func (r *run) password(k *roleFlags) (password string, made bool, err error) {
	switch {
	case k.iam && k.stdin:
		return "", false, command.Exit(command.ExitUsage, errors.New("--iam takes no password"))
	case k.iam:
		return "", false, nil
	case !k.stdin:
		return dbadmin.NewPassword(), true, nil
	}
	line, _ := bufio.NewReader(r.Stdin).ReadString('\n') // a missing password fails the length check
	password = strings.TrimRight(line, "\r\n")
	if len(password) < 12 {
		return "", false, command.Exit(command.ExitUsage, errors.New("the password on standard input is shorter than 12 characters"))
	}
	return password, false, nil
}

func (r *run) showPassword(password string, made bool) error {
	if !made {
		return nil
	}
	if r.JSON {
		r.note("password", password)
		return nil
	}
	r.Say("its password, shown only once:")
	_, err := fmt.Fprintln(r.Out, password)
	return err
}

func (p *group) roleGrant() action {
	k := &roleFlags{}
	return action{
		use: "grant NAME", short: "Give a role exactly the rights of its kind", heading: "db-roles-grant", least: 1, most: 1, flags: k.kinds,
		run: func(ctx context.Context, r *run, args []string) error {
			kind, err := k.kind()
			if err != nil {
				return err
			}
			if err := r.admin.Grant(ctx, args[0], kind); err != nil {
				return err
			}
			r.note("role", args[0])
			r.Say("role %s has the rights of %s, and no others", args[0], kind)
			return nil
		},
	}
}

func (p *group) roleRotate() action {
	k := &roleFlags{}
	return action{
		use: "rotate NAME", short: "Give a role a new password", heading: "db-roles-rotate", least: 1, most: 1,
		long: "Give a role a new password. Open sessions stay; put the new password where the role's program reads it, then end them.",
		flags: func(f *pflag.FlagSet) {
			f.BoolVar(&k.stdin, "password-stdin", false, "read the password from standard input")
		},
		run: func(ctx context.Context, r *run, args []string) error {
			password, made, err := r.password(k)
			if err != nil {
				return err
			}
			if err := r.admin.RotatePassword(ctx, args[0], password); err != nil {
				return err
			}
			r.note("role", args[0])
			r.Say("role %s has a new password", args[0])
			return r.showPassword(password, made)
		},
	}
}

func (p *group) roleDrop() action {
	var heir string
	return action{
		use: "drop NAME", short: "Drop a role; another role gets what it owns in this database", heading: "db-roles-drop", least: 1, most: 1, destroys: true,
		flags: func(f *pflag.FlagSet) { f.StringVar(&heir, "reassign-to", "", "the role that gets what it owns") },
		run: func(ctx context.Context, r *run, args []string) error {
			if heir == "" {
				return command.Exit(command.ExitUsage, errors.New("--reassign-to is missing: the role that gets what it owns"))
			}
			if _, err := r.consent(ctx, "drop role "+args[0]+" of", false); err != nil {
				return err
			}
			if err := r.admin.DropRole(ctx, args[0], heir); err != nil {
				return err
			}
			r.note("role", args[0])
			r.Say("dropped role %s; what it owned belongs to %s", args[0], heir)
			return nil
		},
	}
}

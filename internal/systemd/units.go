// Package systemd writes the units with which systemd runs cruddur on a server of its own, removes them, and says how
// they are. It must not know what cruddur does, except for the two commands that the units call.
package systemd

import (
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// The places of a server that systemd runs.
const (
	User        = "cruddur"
	DataDir     = "/var/lib/cruddur"
	BackupDir   = "/var/lib/cruddur-backups"
	SettingsDir = "/etc/cruddur"
	// SettingsFile holds the settings, secrets among them.
	SettingsFile = SettingsDir + "/cruddur.env"

	Service       = "cruddur.service"
	BackupService = "cruddur-backup.service"
	BackupTimer   = "cruddur-backup.timer"

	unitDir      = "/etc/systemd/system/"
	sysusersFile = "/etc/sysusers.d/cruddur.conf"
)

// Options are what an administrator may choose.
type Options struct {
	Program  string // the absolute path of cruddur
	LowPorts bool   // serve listens on ports below 1024
	Keep     int    // how many backups to keep
	BackupAt string // when to make one, as systemd.time(7) writes it
}

// File is a file that belongs to the service.
type File struct {
	Path    string
	Mode    fs.FileMode
	Content string
}

// Files returns the units, and the line that makes the user.
func Files(o Options) []File {
	return []File{
		{sysusersFile, 0o644, "u " + User + " - \"Cruddur\" " + DataDir + "\n"},
		{unitDir + Service, 0o644, fill(serviceUnit, o)},
		{unitDir + BackupService, 0o644, fill(backupUnit, o)},
		{unitDir + BackupTimer, 0o644, fill(timerUnit, o)},
	}
}

var (
	keepRule     = regexp.MustCompile(`(?m)^ExecStart=.* --keep ([0-9]+)$`)
	backupAtRule = regexp.MustCompile(`(?m)^OnCalendar=(.+)$`)
)

// Chosen returns what was chosen for the backups when the units under root were written, or what a first installation
// has.
func Chosen(root string) (keep int, backupAt string) {
	keep, backupAt = 14, "*-*-* 03:30:00"
	b, _ := os.ReadFile(root + unitDir + BackupService) // without the file the defaults are right
	if m := keepRule.FindSubmatch(b); m != nil {
		if n, err := strconv.Atoi(string(m[1])); err == nil && n > 0 {
			keep = n
		}
	}
	b, _ = os.ReadFile(root + unitDir + BackupTimer)
	if m := backupAtRule.FindSubmatch(b); m != nil {
		backupAt = string(m[1])
	}
	return keep, backupAt
}

func fill(unit string, o Options) string {
	capabilities := "CapabilityBoundingSet="
	if o.LowPorts {
		capabilities = "# For the ports 80 and 443, and nothing else.\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\nAmbientCapabilities=CAP_NET_BIND_SERVICE"
	}
	sandbox := strings.TrimSpace(sandboxSection)
	return strings.TrimLeft(strings.NewReplacer(
		"{{program}}", quote(o.Program), "{{user}}", User, "{{data}}", DataDir, "{{backups}}", BackupDir, "{{settings}}", SettingsFile,
		"{{service}}", Service, "{{keep}}", strconv.Itoa(o.Keep), "{{at}}", o.BackupAt,
		"{{sandbox}}", sandbox, "{{capabilities}}", capabilities,
	).Replace(unit), "\n")
}

// quote writes a path as a word of ExecStart (systemd.service(5)).
func quote(path string) string {
	path = strings.NewReplacer(`%`, `%%`, `\`, `\\`, `"`, `\"`, `$`, `$$`).Replace(path)
	if strings.ContainsAny(path, " '\\\"") {
		return `"` + path + `"`
	}
	return path
}

const serviceUnit = `
# Written by "cruddur service install", which replaces it. Changes of your own: systemctl edit {{service}}
[Unit]
Description=Cruddur, a micro-blog in which everything has an end
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
User={{user}}
Group={{user}}
Environment=CRUDDUR_DATA_DIR={{data}}
EnvironmentFile={{settings}}
ExecStart={{program}} serve --migrate
StateDirectory=cruddur
StateDirectoryMode=0700
WorkingDirectory={{data}}
Restart=always
RestartSec=5
# A wrong setting, a schema of a newer version, a program that is missing: another start does not help.
RestartPreventExitStatus=2 5 8
# Only serve is told to stop. It answers its last requests, and then stops its own PostgreSQL.
KillMode=mixed
TimeoutStopSec=90
LimitNOFILE=65536

{{sandbox}}
{{capabilities}}

[Install]
WantedBy=multi-user.target
`

const backupUnit = `
# Written by "cruddur service install", which replaces it.
[Unit]
Description=Backup of Cruddur
After={{service}}

[Service]
Type=oneshot
User={{user}}
Group={{user}}
Environment=CRUDDUR_DATA_DIR={{data}}
EnvironmentFile={{settings}}
ExecStart={{program}} db dump --quiet --into {{backups}} --keep {{keep}}
StateDirectory=cruddur cruddur-backups
StateDirectoryMode=0700
Nice=10
KillMode=mixed
TimeoutStartSec=2h

{{sandbox}}
CapabilityBoundingSet=
`

const timerUnit = `
# Written by "cruddur service install", which replaces it.
[Unit]
Description=Backup of Cruddur, every day

[Timer]
OnCalendar={{at}}
RandomizedDelaySec=15min
Persistent=yes

[Install]
WantedBy=timers.target
`

// sandboxSection is what the units may not do. PostgreSQL runs inside: it needs files of its own folder, shared
// memory (/dev/shm and System V) and sockets, and with jit = off no memory that is both written and executed.
// PrivateUsers is not set: it does not work on a server that is itself a container, as cheap ones are.
const sandboxSection = `
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
PrivateDevices=yes
PrivateMounts=yes
PrivateTmp=yes
DevicePolicy=closed
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
`

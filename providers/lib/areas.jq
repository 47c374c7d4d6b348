# SPDX-License-Identifier: Apache-2.0
# areas.jq - which parts of a host a copy holds: reads the lines of lib/probe, answers the areas, in order of their paths.
#
# $data: the declared data paths, a list; $volumes: further file systems that are copied, blanks between.
# An area: path, kind, covered, why; and what copying needs: from ("/boot/": the root of a transfer).

# The kernel writes blanks, tabs, line ends and backslashes of a path as three octal digits.
def plain: gsub("\\\\040"; " ") | gsub("\\\\011"; "\t") | gsub("\\\\012"; "\n") | gsub("\\\\134"; "\\");

def is_below($folder): . == $folder or startswith(if $folder == "/" then "/" else $folder + "/" end);

# Nothing that lasts lies there.
def is_transient: . as $path | any("/proc", "/sys", "/dev", "/run", "/tmp"; . as $folder | $path | is_below($folder));
def transient_types: ["tmpfs", "ramfs", "proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "mqueue", "hugetlbfs",
	"autofs", "binfmt_misc", "configfs", "debugfs", "tracefs", "securityfs", "fusectl", "pstore", "efivarfs", "nsfs",
	"rpc_pipefs", "bpf", "selinuxfs"];
def is_network: test("^(nfs|nfs4|cifs|smb3|smbfs|9p|afs|ceph|glusterfs|lustre|ocfs2|gfs2|fuse\\..*)$");
def is_image: test("^(squashfs|iso9660|erofs|cramfs)$");

# ID PARENT DEVICE ROOT PATH OPTIONS ... - TYPE SOURCE OPTIONS
def mount: split(" - ") as [$left, $right] | ($left | split(" ")) as $l | ($right | split(" ")) as $r |
	{path: ($l[4] | plain), type: $r[0], source: ($r[1] | plain)};

def uncovered: if .type | is_network then "a network file system (\(.type) from \(.source)): it stays where it is"
	elif .type | is_image then "a read-only image (\(.type))"
	elif .type == "subvolume" then "a btrfs subvolume of its own, neither declared as data nor in option 'volumes'"
	else "a file system of its own (\(.type)), neither declared as data nor in option 'volumes'" end;

def moment: "not at one moment: its files are copied one after another while the host writes; the group's quiesce holds a database still";

def area: . as $mount | .path as $path |
	if any($data[]; . as $folder | $path | is_below($folder)) then {kind: "data", covered: true, why: moment}
	elif $path == "/" then {kind: "root", covered: true, why: moment}
	elif ($path | is_below("/boot")) then {kind: "boot", covered: true,
		why: "copied, and not used: the copy runs on the controller's kernel, so that a kernel's patches are not proven by it"}
	elif any($volumes | splits(" +"); . == $path) then {kind: "volume", covered: true, why: moment}
	else {kind: "volume", covered: false, why: ($mount | uncovered)} end |
	{path: $path} + .;

split("\n") |
map(select(startswith("data ")) | .[5:]) as $there |
(map(select(startswith("mount ")) | .[6:] | mount) | map(select(.type as $type | transient_types | index($type) | not))) +
	(map(select(startswith("subvolume ")) | {path: .[10:], type: "subvolume", source: ""})) +
	($there | map({path: ., type: "folder", source: ""})) |
map(select(.path | is_transient | not)) | unique_by(.path) | map(area) +
	($data - $there | map({path: ., kind: "data", covered: false, why: "there is no such folder on the host"})) |
sort_by(.path)

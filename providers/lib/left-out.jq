# SPDX-License-Identifier: Apache-2.0
# left-out.jq - what is not copied along with the area $path: rules of rsync, a line each, with patterns relative to it.
#
# Input: the areas (lib/areas.jq); $data: what has a volume of its own; $swap: files that are swap. "H": not sent, and gone
# from the copy. "-": not sent and left alone, since another transfer brings it.

def escaped: gsub("(?<sign>[*?\\[\\]\\\\])"; "\\\(.sign)");

($path | rtrimstr("/") | length) as $above |
[("/proc", "/sys", "/dev", "/run", "/tmp") | {rule: "H", path: ., inside: "/*"}] +
($swap | map({rule: "H", path: ., inside: ""})) +
map(select(.covered and .path != $path) | {rule: (if .path == $data then "H" else "-" end), path, inside: "/*"}) |
.[] | select(.path | startswith(($path | rtrimstr("/")) + "/")) | "\(.rule) \(.path[$above:] | escaped)\(.inside)"

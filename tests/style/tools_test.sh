#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tools_test.sh - the tools that guard the house must see what they are there to see.
#
#   tools_test.sh TOOLS CC...
set -eu

tools=$1
shift
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
number=0 failed=0

ok() {
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=1
	fi
}

# refuses TOOL ROOT WORDS: the tool fails and says the words
refuses() {
	status=0
	"$tools/$1" "$2" >said 2>&1 || status=$?
	if [ $status -ne 0 ] && grep -qF -- "$3" said; then
		ok 0 "$1 says: $3"
	else
		sed 's/^/# /' said
		ok 1 "$1 says: $3"
	fi
}

accepts() {
	status=0
	"$tools/$1" "$2" >said 2>&1 || status=1
	[ $status = 0 ] || sed 's/^/# /' said
	ok $status "$1 accepts $2"
}

# put PATH: standard input becomes the file
put() {
	mkdir -p "$(dirname "$1")"
	cat >"$1"
}

echo "1..34"

mkdir -p good/src/base good/src/policy good/tools
cp "$tools"/layers good/tools/
echo "a, digest" >good/src/base/README
printf 'gate\n\nMay include: base, model\n' >good/src/policy/README
put good/src/base/a.h <<'END'
/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
size_t a_count(void);
END
put good/src/base/digest.c <<'END'
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/a.h"
#include <gnutls/crypto.h>
END
put good/src/policy/gate.c <<'END'
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/a.h"
#include <string.h>
END
accepts layers good
accepts house good
accepts headers good

put good/src/base/colour.c <<'END'
/* SPDX-License-Identifier: Apache-2.0 */
enum colour { COLOUR_RED, COLOUR_GREEN, /* or blue */ COLOUR_COUNT };
enum other { OTHER_NONE, COLOUR_RED };
static const char *const words[COLOUR_COUNT] = {
	[COLOUR_RED] = "red",
	[COLOUR_GREEN] = "green",
};
static const char *const some_names[COLOUR_COUNT] = {
	[COLOUR_RED] = "rose",
};
END
accepts words good
sed -i '/"green"/d' good/src/base/colour.c
refuses words good 'src/base/colour.c:4: words has no word for COLOUR_GREEN'
rm good/src/base/colour.c

# include FILE LINE: a tree in which one file has that include
include() {
	rm -rf bad
	cp -r good bad
	mkdir -p "$(dirname "bad/src/$1")"
	printf '/* SPDX-License-Identifier: Apache-2.0 */\n%s\n' "$2" >"bad/src/$1"
}
include base/b.c '#include "policy/gate.h"'
refuses layers bad 'src/base/b.c:2: "policy/gate.h": base/ may not enter policy/'
include content/b.c '#include "fleet/ssh.h"'
refuses layers bad 'content/ may not enter fleet/'
include cli/b.c '#  include "store/db.h"'
refuses layers bad '"store/db.h": not for cli/'
include plan/b.c '#include "store/row_private.h"'
refuses layers bad 'private to store/'
include base/b.c '#include <gnutls/gnutls.h>'
refuses layers bad 'only src/base/digest.c may include it'
include base/b.c '#include <glib.h>'
refuses layers bad 'a third-party header needs a door'
include policy/b.c '#include <unistd.h>'
refuses layers bad 'policy/ is pure'
include base/b.c '#include HEADER'
refuses layers bad 'cannot be checked'

include base/b.h 'size_t lonely(void);'
refuses headers bad 'size_t'

include extra/b.c ''
refuses house bad 'src/extra/: no README'
include base/lost.c ''
refuses house bad 'src/base/README: does not name lost'
include policy/gate.c '' && echo 'May include: base' >bad/src/policy/README
refuses house bad 'src/policy/README: wants the line "May include: base, model"'
echo 'line/ has it' >>bad/src/policy/README
refuses house bad 'src/policy/README: names line/, which is not there'
include base/b.c 'const char *q = "SELECT 1";'
refuses house bad 'SQL outside of store/'
include base/b.c "/* see https:/""/mirror.somewhere.net/x */"
refuses house bad 'not a host that people may be sent to'
include base/b.c "/* /wor""k/notes */"
refuses house bad "a path of somebody's own machine"
printf '/* SPDX-License-Identifier: Apache-2.0 */\n\tssh_options_set(s, o, v);\n' | put bad/src/base/b.c
refuses house bad 'the result of a setter is not looked at'
printf '/* SPDX-License-Identifier: Apache-2.0 */\n\tdprintf(STDERR_FILENO, "%%s", said);\n' | put bad/src/base/b.c
refuses house bad 'printed past the guard of the terminal'
include base/b.c ''
for name in c d e; do
	printf '/* SPDX-License-Identifier: Apache-2.0 */\nstatic int tell(int x)\n{\n\treturn x;\n}\n' | put bad/src/base/$name.c
done
refuses house bad 'tell(): ./src/base/c.c ./src/base/d.c ./src/base/e.c: a static function'
rm bad/src/base/[cde].c
printf '# SPDX-License-Identifier: Apache-2.0\napt-get clean\n' | put bad/host/lib/disk.sh
refuses house bad "host/lib/disk.sh:2:apt: a package manager's word outside of its folder"
echo 'order.sh' | put bad/host/README
refuses house bad 'host/README: does not name host/lib/disk.sh'
echo 'cli/ steer' | put bad/tests/README
: | put bad/tests/cli/watch.bats
refuses house bad 'tests/README: does not name tests/cli/watch.bats'
include base/b.c 'const char *q = "/var/lib/dpkg";'
refuses house bad "src/base/b.c:2: a package manager's word outside of its files"
printf '# SPDX-License-Identifier: Apache-2.0\napt-get clean\n' | put good/host/apt/disk.sh
accepts house good

# shellcheck disable=SC2016 # written, not expanded
printf '#!/bin/sh\nrm $1\n' >good/tools/x
if command -v shellcheck >/dev/null; then
	refuses scripts good 'SC2086'
else
	ok 0 "scripts # SKIP shellcheck is not installed"
fi

printf 'int counter;\nstatic int hidden = 3;\nint next(void) { return ++counter + hidden++; }\n' >g.c
"$@" -c g.c -o g.o
refuses globals.sh g.o 'hidden (.data)'
printf 'static const char *const names[] = { "a" };\nconst char *name(int i) { return names[i]; }\n' >c.c
"$@" -fPIE -c c.c -o c.o
accepts globals.sh c.o

echo 'int main(void) { return 0; }' >p.c
printf 'char *strsep(char **s, const char *d) { return d ? *s : 0; }\n' >s.c
"$@" p.c -o p && "$@" -fno-builtin -c s.c -o s.o
"$tools/clashes" p s.o >said 2>&1 && status=1 || status=0
grep -q '^strsep is a name of ours and of libc' said || status=1
ok $status "clashes sees a name of libc's"
status=0
"$tools/clashes" p c.o >said 2>&1 || status=1
ok $status "clashes accepts a name of our own"
exit $failed

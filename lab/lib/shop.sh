# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# shop.sh - put a release of the shop's code on hosts, as the shop's own CI would: over ssh, database first.

shop_releases() { (cd "$HERE/shop" && ls -d [0-9]*); }

# shop_deploy RELEASE HOST...: the hosts of one environment, or some of them.
shop_deploy() {
	local release=$1 host role

	shift
	for role in db web; do
		for host in "$@"; do
			[ "$(fleet_role "$host")" != $role ] || "shop_deploy_$role" "$release" "$host"
		done
	done
}

# All migrations up to the release that are not yet done, each in a transaction of its own.
shop_deploy_db() {
	local release=$1 host=$2 step

	shop_sql "$host" postgres <"$HERE/shop/database.sql"
	for step in $(shop_releases | sort -V); do
		[ "$(printf '%s\n' "$step" "$release" | sort -V | tail -n 1)" = "$release" ] || break
		shop_sql "$host" shop --single-transaction --set=release="$step" <"$HERE/shop/$step/migration.sql"
	done
	shop_mark "$release" "$host"
}

# shop_sql HOST DATABASE [OPTION...]: standard input, as the database's superuser.
shop_sql() {
	host_ssh "$1" "cd / && runuser -u postgres -- psql -q --set=ON_ERROR_STOP=1 ${*:3} $2" >/dev/null
}

# The new code is complete beside the old before one rename makes it live.
shop_deploy_web() {
	local release=$1 host=$2

	# shellcheck disable=SC2029
	tar -C "$HERE/shop/$release" -c . | host_ssh "$host" "set -e
		rm -rf /srv/shop-$release.new && mkdir /srv/shop-$release.new
		tar -C /srv/shop-$release.new --no-same-owner -x
		echo $release >/srv/shop-$release.new/RELEASE
		rm -rf /srv/shop-$release.old
		[ ! -d /srv/shop-$release ] || mv /srv/shop-$release /srv/shop-$release.old
		mv /srv/shop-$release.new /srv/shop-$release
		ln -sfn shop-$release /srv/shop.new && mv -T /srv/shop.new /srv/shop
		rm -rf /srv/shop-$release.old"
}

# A database host has no code, but says which release its tables are for.
shop_mark() { host_ssh "$2" "mkdir -p /srv/shop && echo $1 >/srv/shop/RELEASE" </dev/null; }

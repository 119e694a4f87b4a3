#!/usr/bin/env bash
# Runs a plan, or a load, in N processes on this machine, each with its shard, and joins their reports:
#
#   distribute.sh N [run] [flags and collections of `postrider run`]
#   distribute.sh N load [flags and collection of `postrider load`]
#
# Shows the table of the whole and ends with its exit code. The reports are kept in $REPORTS, if that is set: a JSON file of
# each shard, and all.json. $POSTRIDER is the program, "postrider" if nothing is said.
set -euo pipefail

usage() {
	sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
case ${1-} in '' | *[!0-9]* | 0*) usage ;; esac
n=$1
shift
command=run
case ${1-} in run | load)
	command=$1
	shift
	;;
esac

postrider=${POSTRIDER:-postrider}
if [ -n "${REPORTS-}" ]; then
	mkdir -p "$REPORTS"
	reports=$REPORTS
	rm -f "$reports"/shard-*.json "$reports"/shard-*.log
else
	reports=$(mktemp -d)
fi

processes=()
stop() { [ ${#processes[@]} -eq 0 ] || kill "${processes[@]}" 2>/dev/null || true; }
finish() {
	stop
	[ -n "${REPORTS-}" ] || rm -rf "$reports"
}
trap finish EXIT
trap stop INT TERM # the shards report what they have done
for i in $(seq "$n"); do
	"$postrider" "$command" --shard "$i/$n" "$@" --report "json=$reports/shard-$i.json" --report none >"$reports/shard-$i.log" 2>&1 &
	processes+=($!)
done
for i in $(seq "$n"); do
	process=${processes[$((i - 1))]}
	code=0
	wait "$process" || code=$?
	if kill -0 "$process" 2>/dev/null; then # a signal ended the wait, not the process
		code=0
		wait "$process" || code=$?
	fi
	# Which assertion failed the table says. What could not be read, or written, nothing else does.
	if [ ! -s "$reports/shard-$i.json" ]; then
		cat "$reports/shard-$i.log" >&2
		echo "shard $i/$n has no report: it ended with $code" >&2
		exit "$((code > 0 ? code : 3))"
	fi
done
processes=()
"$postrider" report merge --exit-code --report "json=$reports/all.json" --report table "$reports"/shard-*.json

# shellcheck shell=sh
# What the scripts of the proxies share; each of them sets `name`, `title` (its name and release), `waivers` where there are some,
# `profile` where it is not of that name, and `mode` where it is no transcoder; it defines the two functions below and then sources
# this file. Not to be run by itself.
#   install_peer            installs the proxy into $place when it is missing; exit code 3 when it cannot be
#   peer_command            prints the command that serves on $listen in front of $backend; may write files under $place
# Usage of every such script:
#   scripts/peers/NAME install                       installs the proxy into build/peers/NAME when it is missing
#   scripts/peers/NAME command LISTEN BACKEND        prints the command line for --proxy-cmd
#   scripts/peers/NAME run [OPTION]...               runs the suite against it with its profile and waivers; options go to
#                                                    `transcheck run`, where the last of its kind counts
# Environment: BUILD (build), PEER_LISTEN (127.0.0.1:51051), PEER_BACKEND (127.0.0.1:53000).
# Exit code: that of `transcheck run`; 2 wrong usage, 3 the proxy cannot be installed.

build=${BUILD:-build}
peers=$PWD/build/peers
# shellcheck disable=SC2154 # set by the script that sources this
place=$peers/$name
listen=${PEER_LISTEN:-127.0.0.1:51051}
backend=${PEER_BACKEND:-127.0.0.1:53000}

usage() {
    sed -n 's/^# \{0,1\}//;7,13p' scripts/peers/peer.sh | sed "s/NAME/$name/" >&2
    exit 2
}

cannot_install() {
    # shellcheck disable=SC2154 # as above
    echo "$title cannot be installed: $1" >&2
    exit 3
}

# One word of shell.
quote() {
    printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

# The descriptor set for the proxy, written anew: it belongs to the transcheck that is built.
descriptors() {
    mkdir -p "$place"
    "$build/transcheck" descriptors --profile "$name" >"$place/descriptors.pb"
    echo "$place/descriptors.pb"
}

# Builds a program of scripts/peers/go-proxies into $place, when its sources are newer.
install_go_proxy() {
    sources=scripts/peers/go-proxies
    if [ -x "$place/proxy" ] && [ -z "$(find $sources -newer "$place/proxy" -type f | head -n 1)" ]; then
        return
    fi
    go=$(scripts/peers/go) || cannot_install 'there is no Go'
    echo "building $title into build/peers/$name" >&2
    mkdir -p "$place"
    (cd $sources && GOFLAGS='-p=1 -mod=readonly' "$go" build -o "$place/proxy" "./$name") >&2 || cannot_install 'its build failed'
    touch "$place/proxy"
}

run_suite() {
    install_peer
    # shellcheck disable=SC2154 # as above
    exec "$build/transcheck" run "http://$listen" --backend "$backend" --profile "${profile:-$name}" \
        ${waivers:+--waivers "$waivers"} ${mode:+--mode "$mode"} --proxy-name "$title" --proxy-cmd "$(peer_command)" --ready-timeout-ms 60000 \
        ${memory_mib:+--proxy-memory-mib "$memory_mib"} "$@"
}

[ $# -ge 1 ] || usage
action=$1
shift
case $action in
install)
    [ $# -eq 0 ] || usage
    install_peer
    ;;
command)
    [ $# -eq 2 ] || usage
    listen=$1
    backend=$2
    install_peer
    peer_command
    ;;
run) run_suite "$@" ;;
*) usage ;;
esac

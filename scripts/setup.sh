#!/bin/sh
# Installs the Debian packages that Flowdeck needs and this machine lacks.
#
#   setup.sh run     what running takes: libsrt, ffmpeg
#   setup.sh test    that, and what the tests take: SRT tools, Chromium,
#                    PostgreSQL, a Chinese font, a C compiler
#
# It says what it is about to install and why, and does nothing when all is
# there. Without apt it says what to install by hand.
set -eu

missing=""
reasons=""

# need PACKAGE PROOF REASON: PROOF is a command that succeeds when it is there.
need() {
	if ! sh -c "$2" >/dev/null 2>&1; then
		missing="$missing $1"
		reasons="$reasons
  $1: $3"
	fi
}

have_library='PATH="$PATH:/sbin:/usr/sbin" ldconfig -p | grep -q'
need libsrt1.5-gnutls "$have_library -E 'libsrt(-gnutls)?\.so\.1\.5 '" "carries the SRT streams"
need ffmpeg "command -v ffmpeg" "sends and receives in the demo, and reads streams"
if [ "${1:-run}" = test ]; then
	need srt-tools "command -v srt-live-transmit" "a second SRT implementation to test against"
	need chromium "command -v chromium" "the browser of the browser tests"
	need fonts-noto-cjk "fc-list :lang=zh-cn family | grep -q ." "Chinese characters in that browser"
	need postgresql "ls /usr/lib/postgresql/*/bin/postgres || command -v postgres" "the second database of the tests"
	need gcc "command -v gcc" "the race detector"
	need libc6-dev "test -e /usr/include/stdlib.h" "the race detector"
fi

[ -n "$missing" ] || exit 0

echo "Flowdeck needs these Debian packages, which this machine lacks:$reasons"
if ! command -v apt-get >/dev/null; then
	echo "There is no apt-get here: install what corresponds to them by hand, then try again." >&2
	exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
	as_root="sudo"
	echo "They are installed with sudo, which may ask for your password."
fi

install() {
	$as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -q --no-install-recommends -o Dpkg::Use-Pty=0 $missing </dev/null
}

# The list of packages is fetched only where the one that is there will not do.
if ! install; then
	echo "The list of packages is missing or old: fetching it."
	$as_root apt-get update -q
	install
fi

# Sourced by bench/run, tests/run and .ci/run: missing packages, configure, build. Everything it says goes to stderr.
#   FP8BENCH_PRESET     CMake preset (default dev)
#   FP8BENCH_BUILD_DIR  build folder (default build/PRESET in the checkout); needed when the checkout is read-only
#   FP8BENCH_JOBS       parallel compiler processes (default: every processor)

preset=${FP8BENCH_PRESET:-dev}
build_dir=${FP8BENCH_BUILD_DIR:-$root/build/$preset}
case $build_dir in /*) ;; *) build_dir=$PWD/$build_dir ;; esac
jobs=${FP8BENCH_JOBS:-$(nproc)}

say() { printf 'fp8bench: %s\n' "$*" >&2; }
usage_error() { say "$*"; exit 4; }

# Packages of the lists that dpkg does not know as installed.
missing_packages() {
  local wanted installed
  wanted=$(cat "$@" | sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' | sort -u)
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^installed //p' | sort -u)
  comm -23 <(printf '%s\n' "$wanted") <(printf '%s\n' "$installed")
}

# Runs apt-get as root; waits for another apt-get instead of failing beside it.
apt_get() {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 "$@" >&2 </dev/null
}

install_packages() {  # list files...
  command -v dpkg-query >/dev/null || { say "not a Debian system: taking for granted what bench/packages.txt lists"; return 0; }
  local missing
  missing=$(missing_packages "$@" | tr '\n' ' ')
  missing=${missing% }
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" = 0 ]; then
    as_root=
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
  else
    usage_error "packages are missing, and this user is neither root nor has sudo without a password. Run:
    apt-get update && apt-get install --no-install-recommends $missing"
  fi
  say "installing Debian packages: $missing"
  # The lists of a bare machine are empty and those of an old one name files that are gone: only then is an update worth its time.
  if ! apt_get install -y --no-install-recommends $missing 2>/dev/null; then
    apt_get update || say "apt-get update failed; trying with the lists that are there"
    apt_get install -y --no-install-recommends $missing || usage_error "apt-get could not install: $missing"
  fi
}

# One build at a time per folder: a second caller waits, then finds nothing to do.
lock_build() {
  mkdir -p "$build_dir" 2>/dev/null && [ -w "$build_dir" ] ||
    usage_error "cannot write $build_dir; name another build folder in FP8BENCH_BUILD_DIR"
  exec 9>"$build_dir/.lock"
  flock -n 9 || { say "waiting for another build in $build_dir"; flock 9; }
}
unlock_build() { exec 9>&-; }

# The program must not inherit the lock, nor may what the build prints reach stdout.
build_targets() {  # cmake targets...
  if [ ! -f "$build_dir/build.ninja" ]; then
    say "configuring $build_dir (preset $preset)"
    (cd "$root" && cmake --preset "$preset" -B "$build_dir" ${FP8BENCH_CMAKE_ARGS:-}) >&2 9>&- ||
      usage_error "configuring failed; FP8BENCH_BUILD_DIR names another build folder"
    say "building (the first build takes a few minutes)"
  fi
  # One updating line on a terminal; elsewhere only what went wrong.
  if [ -t 2 ]; then
    cmake --build "$build_dir" --parallel "$jobs" --target "$@" >&2 9>&-
  else
    cmake --build "$build_dir" --parallel "$jobs" --target "$@" -- --quiet 2>&1 9>&- | sed '/^ninja: no work to do/d' >&2
  fi || usage_error "the build failed"
}

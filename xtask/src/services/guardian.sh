# Waits until the owner of the directory $1 is gone, which closes this shell's input; then ends the server that runs
# there and removes the directory. The server's data are thrown away, so it need not shut down in order.
trap '' INT TERM HUP
cat >/dev/null

directory=$1
data=$directory/data

# A process id may have been given to another process since: on Linux the server is known by its working directory.
runs() {
  if [ -d /proc/self ]; then
    [ "$(readlink "/proc/$pid/cwd")" = "$data" ]
  else
    kill -0 "$pid"
  fi
}

if [ -f "$data/postmaster.pid" ]; then
  read -r pid <"$data/postmaster.pid"
  if [ -n "$pid" ] && runs; then
    kill -QUIT "$pid"
    tries=0
    while runs && [ "$tries" -lt 50 ]; do
      sleep 0.1
      tries=$((tries + 1))
    done
    if runs; then
      kill -KILL "$pid"
      sleep 0.5
    fi
  fi
fi
rm -rf "$directory" || { sleep 1; rm -rf "$directory"; }

//! Processes by their id: whether they run, whose children they are, signals.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// Sends a signal; a process that is gone already is fine.
pub(super) fn signal(pid: u32, signal: Signal) -> std::io::Result<()> {
    let Some(target) = as_pid(pid) else {
        return Ok(());
    };
    match kill_process(target, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether the process exists and is not a zombie that nobody has reaped yet.
pub(super) fn is_running(pid: u32) -> bool {
    if let Some(state) = state(pid) {
        return !matches!(state, 'Z' | 'X');
    }
    if Path::new("/proc/self").exists() {
        return false;
    }
    as_pid(pid).is_some_and(|pid| {
        !matches!(
            test_kill_process(pid),
            Err(rustix::io::Errno::SRCH | rustix::io::Errno::INVAL)
        )
    })
}

/// Stops a process from running on, and returns once it stands still (or is gone).
pub(super) fn freeze(pid: u32) -> std::io::Result<()> {
    signal(pid, Signal::STOP)?;
    wait_until(Duration::from_secs(5), || {
        state(pid).is_none_or(|state| matches!(state, 'T' | 't' | 'Z' | 'X'))
    });
    Ok(())
}

/// The ids of the children of a process.
pub(super) fn children_of(parent: u32) -> Vec<u32> {
    let from_proc = || -> Option<Vec<u32>> {
        let pids = fs::read_dir("/proc").ok()?.flatten();
        let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let children: Vec<u32> = pids
            .filter(|pid| stat(*pid).is_some_and(|(_, of)| of == parent))
            .collect();
        Path::new("/proc/self").exists().then_some(children)
    };
    from_proc().unwrap_or_else(|| from_ps(parent))
}

/// Looks every few milliseconds; `false` when the time is up.
pub(super) fn wait_until(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn as_pid(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

fn state(pid: u32) -> Option<char> {
    stat(pid).map(|(state, _)| state)
}

/// State and parent from `/proc/<pid>/stat`. The program's name, in parentheses, may itself hold parentheses.
fn stat(pid: u32) -> Option<(char, u32)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut words = text[text.rfind(')')? + 1..].split_ascii_whitespace();
    Some((words.next()?.chars().next()?, words.next()?.parse().ok()?))
}

fn from_ps(parent: u32) -> Vec<u32> {
    let Ok(output) = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output() else {
        return Vec::new();
    };
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| {
            let mut words = line.split_ascii_whitespace();
            let pid = words.next()?.parse().ok()?;
            (words.next()?.parse::<u32>().ok()? == parent).then_some(pid)
        })
        .collect()
}

//! Reads what `strace -f -ttt -T -y` writes.

use std::collections::HashMap;

/// What a system call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Writes into a file.
    Write,
    /// Flushes a file to the disk.
    Sync,
}

/// A write or a flush that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Which of the two.
    pub kind: Kind,
    /// The file's path.
    pub file: String,
    /// When it began, in microseconds since 1970.
    pub began: i64,
    /// When it ended.
    pub ended: i64,
    /// What was written, as strace prints it.
    pub content: String,
}

/// Every successful write and flush, in the order in which they ended.
#[must_use]
pub fn parse(trace: &str) -> Vec<Call> {
    let mut unfinished: HashMap<(&str, &str), (i64, &str)> = HashMap::new();
    let mut calls = Vec::new();
    for line in trace.lines() {
        let Some((pid, rest)) = line.split_once(' ') else {
            continue;
        };
        let Some((time, call)) = rest.trim_start().split_once(' ') else {
            continue;
        };
        let Some(time) = micros(time) else { continue };
        if let Some(resumed) = call.strip_prefix("<... ") {
            let Some((name, tail)) = resumed.split_once(" resumed>") else {
                continue;
            };
            if let Some((began, head)) = unfinished.remove(&(pid, name))
                && let Some(took) = duration(tail)
            {
                calls.extend(call_of(name, head, tail, began, began + took));
            }
            continue;
        }
        let Some((name, arguments)) = call.split_once('(') else {
            continue;
        };
        if let Some(head) = arguments.strip_suffix(" <unfinished ...>") {
            unfinished.insert((pid, name), (time, head));
        } else if let Some(took) = duration(arguments) {
            calls.extend(call_of(name, arguments, arguments, time, time + took));
        }
    }
    calls.sort_by_key(|call| call.ended);
    calls
}

/// `head` begins with the descriptor and its path, `tail` ends with the result.
fn call_of(name: &str, head: &str, tail: &str, began: i64, ended: i64) -> Option<Call> {
    let kind = match name {
        "write" | "pwrite64" | "writev" | "pwritev" => Kind::Write,
        "fsync" | "fdatasync" => Kind::Sync,
        _ => return None,
    };
    let (_, result) = tail.rsplit_once(" = ")?;
    let result: i64 = result.split_ascii_whitespace().next()?.parse().ok()?;
    if result < 0 {
        return None;
    }
    let (file, content) = head.split_once('<')?.1.split_once('>')?;
    Some(Call {
        kind,
        file: file.to_owned(),
        began,
        ended,
        content: content.to_owned(),
    })
}

/// `1700000000.123456` in microseconds.
fn micros(time: &str) -> Option<i64> {
    let (seconds, fraction) = time.split_once('.')?;
    if fraction.len() != 6 {
        return None;
    }
    Some(seconds.parse::<i64>().ok()? * 1_000_000 + fraction.parse::<i64>().ok()?)
}

/// The `<0.000012>` at the end of a finished call.
fn duration(tail: &str) -> Option<i64> {
    let (_, time) = tail.trim_end().strip_suffix('>')?.rsplit_once('<')?;
    micros(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_and_interrupted_calls_are_read_and_failed_ones_are_not() {
        let trace = "\
7 1700000000.000001 pwrite64(12</tmp/x.db-wal>, \"abc\", 3, 0) = 3 <0.000010>
7 1700000000.000020 fdatasync(12</tmp/x.db-wal> <unfinished ...>
8 1700000000.000025 write(1<pipe:[5]>, \"A\", 1) = 1 <0.000001>
7 1700000000.000120 <... fdatasync resumed>) = 0 <0.000100>
7 1700000000.000130 fsync(13</tmp/x>) = -1 EIO (Input/output error) <0.000002>
7 1700000000.000140 +++ killed by SIGKILL +++
";
        let calls = parse(trace);
        let base = 1_700_000_000_000_000;
        let told: Vec<_> = calls
            .iter()
            .map(|call| (call.kind, &*call.file, call.began - base, call.ended - base))
            .collect();
        assert_eq!(
            told,
            [
                (Kind::Write, "/tmp/x.db-wal", 1, 11),
                (Kind::Write, "pipe:[5]", 25, 26),
                (Kind::Sync, "/tmp/x.db-wal", 20, 120),
            ]
        );
        assert!(calls[0].content.contains("abc"));
    }
}

//! Compares acknowledgements with the flushes in a trace.

use std::collections::HashMap;

use super::trace::{Call, Kind};
use crate::crash::{Fate, Ledger};

/// What a trace shows about the acknowledged commits.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct FlushReport {
    /// Commits whose flush ended before their acknowledgement.
    pub flushed: usize,
    /// Commits that were acknowledged before a flush of what holds them had ended.
    pub early: usize,
    /// Commits that no single write shows, because their name lies across the edge of a page.
    pub not_located: usize,
}

/// Judges every acknowledged commit of the ledger by the writes and flushes of the log: the files whose path holds
/// `log`.
#[must_use]
pub fn check(calls: &[Call], ledger: &Ledger, log: &str) -> FlushReport {
    let log: Vec<&Call> = calls
        .iter()
        .filter(|call| call.file.contains(log))
        .collect();
    let mut holders: HashMap<&str, &Call> = HashMap::new();
    for call in log.iter().filter(|call| call.kind == Kind::Write) {
        for tag in tags(&call.content) {
            holders.entry(tag).or_insert(call);
        }
    }
    let mut report = FlushReport::default();
    for (commit, of, fate) in ledger.commits() {
        let Fate::Acknowledged(answered) = fate else {
            continue;
        };
        // the last event of the commit was written last
        let last = format!("{commit}/{}", of.saturating_sub(1));
        let Some(holder) = holders.get(last.as_str()) else {
            report.not_located += 1;
            continue;
        };
        let is_flushed = log.iter().any(|call| {
            call.kind == Kind::Sync
                && call.file == holder.file
                && call.began >= holder.ended
                && call.ended <= answered
        });
        if is_flushed {
            report.flushed += 1;
        } else {
            report.early += 1;
        }
    }
    report
}

/// Everything in the content that looks like the tag of a [`Part`](crate::domain::Part): a UUID, a slash, a number.
fn tags(content: &str) -> impl Iterator<Item = &str> {
    const UUID: usize = 36;
    content.match_indices('/').filter_map(|(slash, _)| {
        let start = slash.checked_sub(UUID)?;
        let commit = content.get(start..slash)?;
        let is_uuid = commit.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
        let digits = content[slash + 1..]
            .bytes()
            .take_while(u8::is_ascii_digit)
            .count();
        (is_uuid && digits > 0).then(|| &content[start..slash + 1 + digits])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crash::Line;

    const COMMIT: &str = "0190aaaa-bbbb-cccc-dddd-eeeeffff0001";

    fn call(kind: Kind, began: i64, content: &str) -> Call {
        Call {
            kind,
            file: "/x.db-wal".into(),
            began,
            ended: began + 10,
            content: content.into(),
        }
    }

    fn ledger(answered: i64) -> Ledger {
        let mut ledger = Ledger::default();
        ledger.note(Line::Announced(COMMIT.into(), 2));
        ledger.note(Line::Answered(
            COMMIT.into(),
            Fate::Acknowledged(answered),
            String::new(),
        ));
        ledger
    }

    fn written() -> Call {
        call(
            Kind::Write,
            100,
            &format!("..\\\"{COMMIT}/0\\\"..{COMMIT}/1\\\""),
        )
    }

    #[test]
    fn a_flush_between_the_write_and_the_answer_is_seen() {
        let calls = [written(), call(Kind::Sync, 120, "")];
        let report = check(&calls, &ledger(140), "-wal");
        assert_eq!((report.flushed, report.early), (1, 0));
    }

    #[test]
    fn an_answer_before_the_flush_ended_is_early() {
        let calls = [written(), call(Kind::Sync, 120, "")];
        assert_eq!(check(&calls, &ledger(125), "-wal").early, 1);
    }

    #[test]
    fn a_flush_that_began_before_the_write_ended_does_not_count() {
        let calls = [written(), call(Kind::Sync, 105, "")];
        assert_eq!(check(&calls, &ledger(200), "-wal").early, 1);
    }

    #[test]
    fn a_flush_of_another_file_does_not_count() {
        let mut other = call(Kind::Sync, 120, "");
        other.file = "/y.db-wal".into();
        assert_eq!(check(&[written(), other], &ledger(200), "-wal").early, 1);
    }

    #[test]
    fn a_commit_that_no_write_shows_is_said_to_be_so() {
        assert_eq!(check(&[], &ledger(200), "-wal").not_located, 1);
    }
}

//! The table: one row for each work on each store.

use std::fmt::Write;

use crate::amount::Amount;
use crate::arena::WorkName;
use crate::contest::{Score, Side, Spread};

/// One work on one store, done.
pub struct Row {
    /// The store.
    pub store: &'static str,
    /// The work.
    pub work: WorkName,
    /// Everybody's turns.
    pub scores: Vec<Score>,
}

impl Row {
    fn score(&self, side: Side) -> Option<&Score> {
        self.scores.iter().find(|score| score.side == side)
    }

    /// Mink's rate divided by raw's, round by round.
    #[must_use]
    pub fn ratio(&self) -> Option<Spread> {
        Some(self.score(Side::Mink)?.ratio_to(self.score(Side::Same)?))
    }
}

const HEAD: [&str; 9] = [
    "store",
    "work",
    "mink/s",
    "raw/s",
    "mink/raw",
    "aim",
    "bare/s",
    "mink/bare",
    "CPU us",
];

/// Rates are medians of the rounds; ratios are medians of each round's own ratio, with the quartiles behind them.
#[must_use]
pub fn table(rows: &[Row], amount: &Amount) -> String {
    let cells: Vec<[String; 9]> = rows.iter().map(|row| cells(row, amount)).collect();
    let width = |column: usize| {
        let all = cells.iter().map(|cells| cells[column].chars().count());
        all.chain([HEAD[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let mut text = String::new();
    let mut line = |cells: &[String]| {
        for (column, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            let _ = match column {
                0 => write!(text, "| {cell:width$} "),
                1 => write!(text, "| {cell:width$} "),
                _ => write!(text, "| {cell:>width$} "),
            };
        }
        text.push_str("|\n");
    };
    line(&HEAD.map(str::to_owned));
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    line(&rule);
    for cells in &cells {
        line(cells);
    }
    text
}

fn cells(row: &Row, amount: &Amount) -> [String; 9] {
    let rate = |side| {
        row.score(side)
            .map_or_else(String::new, |score| spread(score.rate()))
    };
    let to_bare = match (row.score(Side::Mink), row.score(Side::Bare)) {
        (Some(mink), Some(bare)) => format!("{:.2}", mink.ratio_to(bare).median),
        _ => String::new(),
    };
    let cpu = |side| row.score(side).map_or(0.0, |score| score.cpu().median);
    [
        row.store.to_owned(),
        row.work.title(amount),
        rate(Side::Mink),
        rate(Side::Same),
        row.ratio().map_or_else(String::new, |ratio| {
            format!("{:.2} ({:.2}-{:.2})", ratio.median, ratio.low, ratio.high)
        }),
        row.work
            .aim()
            .map_or_else(String::new, |aim| format!("{aim}")),
        rate(Side::Bare),
        to_bare,
        format!("{:.1} / {:.1}", cpu(Side::Mink), cpu(Side::Same)),
    ]
}

fn spread(rate: Spread) -> String {
    format!("{:.0} ({:.0}-{:.0})", rate.median, rate.low, rate.high)
}

/// What stands below the table: who did it how, and what grouping gained the hand-written loop.
#[must_use]
pub fn notes(rows: &[Row], amount: &Amount) -> String {
    let mut text = String::new();
    for row in rows {
        let title = row.work.title(amount);
        for score in row.scores.iter().filter(|score| !score.how.is_empty()) {
            let _ = writeln!(
                text,
                "{}, {title}: {:?} {}",
                row.store, score.side, score.how
            );
        }
        if let (Some(same), Some(ungrouped)) = (row.score(Side::Same), row.score(Side::Ungrouped)) {
            let _ = writeln!(
                text,
                "{}, {title}: raw groups commits; its best with a commit for each event is {}/s, of which grouping is {:.1} times",
                row.store,
                spread(ungrouped.rate()),
                same.ratio_to(ungrouped).median,
            );
        }
    }
    text
}

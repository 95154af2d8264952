/// Counts the lines of a text up to a record.
///
/// The position that a CSV reader tells is where the record before it ended, in the middle of a `\r\n` and ahead of blank
/// lines; this counts to where the record starts.
pub(super) struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
            line: 1,
        }
    }

    /// The line, counted from 1, of the record that comes after `position`; positions only grow.
    pub(super) fn of_record_at(&mut self, position: &csv::Position) -> u64 {
        let end = usize::try_from(position.byte()).unwrap_or(usize::MAX);
        while let Some(&byte) = self.text.get(self.at) {
            let ends_line = match byte {
                b'\n' => true,
                b'\r' => self.text.get(self.at + 1) != Some(&b'\n'),
                _ if self.at >= end => break,
                _ => false,
            };
            self.line += u64::from(ends_line);
            self.at += 1;
        }
        self.line
    }
}

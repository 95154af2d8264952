//! What people and programs see: tables, or one JSON object.

use std::io::{self, Write};

use comfy_table::{CellAlignment, Table, TableComponent, presets};
use serde::Serialize;

use crate::import::Imported;
use crate::report::{Report, pounds};

/// Prints one JSON object on a line.
///
/// # Errors
/// What the terminal or the pipe says.
pub fn json(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    writeln!(out)
}

/// Prints what an import did.
///
/// # Errors
/// What the terminal or the pipe says.
pub fn imported(out: &mut impl Write, imported: &Imported) -> io::Result<()> {
    if !imported.rejected.is_empty() {
        let mut table = table(["Line", "Refused because"], &[0]);
        for rejected in &imported.rejected {
            table.add_row([rejected.line.to_string(), rejected.reason.clone()]);
        }
        writeln!(out, "{table}\n")?;
    }
    let header = [
        "Rows read",
        "Rows refused",
        "Orders written",
        "Lines written",
        "Events written",
    ];
    let mut table = table(header, &[0, 1, 2, 3, 4]);
    table.add_row(
        [
            imported.rows,
            imported.rejected.len(),
            imported.orders,
            imported.lines,
            imported.events,
        ]
        .map(|count| grouped(&count.to_string())),
    );
    writeln!(out, "{table}")
}

/// Prints the revenue per country.
///
/// # Errors
/// What the terminal or the pipe says.
pub fn report(out: &mut impl Write, report: &Report) -> io::Result<()> {
    if report.countries.is_empty() {
        return writeln!(out, "No orders: import a ledger first.");
    }
    let mut table = table(["Country", "Orders", "Lines", "Revenue (GBP)"], &[1, 2, 3]);
    for country in &report.countries {
        table.add_row([
            country.country.clone(),
            grouped(&country.orders.to_string()),
            grouped(&country.lines.to_string()),
            grouped(&pounds(country.revenue)),
        ]);
    }
    let orders: u64 = report.countries.iter().map(|country| country.orders).sum();
    let lines: u64 = report.countries.iter().map(|country| country.lines).sum();
    table.add_row([
        "Total".to_owned(),
        grouped(&orders.to_string()),
        grouped(&lines.to_string()),
        grouped(&pounds(report.total)),
    ]);
    writeln!(out, "{table}")
}

fn table<const COLUMNS: usize>(header: [&str; COLUMNS], numbers: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_style(TableComponent::HeaderLines, '─');
    table.set_style(TableComponent::MiddleHeaderIntersections, '─');
    table.set_header(header);
    for &number in numbers {
        if let Some(column) = table.column_mut(number) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// `1234567.89` as `1,234,567.89`.
fn grouped(number: &str) -> String {
    let digits_from = usize::from(number.starts_with('-'));
    let digits_to = number.find('.').unwrap_or(number.len());
    let mut text = String::with_capacity(number.len() + 4);
    for (index, character) in number.char_indices() {
        let left = digits_to.saturating_sub(index);
        if index > digits_from && left > 0 && left % 3 == 0 {
            text.push(',');
        }
        text.push(character);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_set_apart() {
        for (number, expected) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1,000"),
            ("-100.00", "-100.00"),
            ("-1234567.89", "-1,234,567.89"),
        ] {
            assert_eq!(grouped(number), expected);
        }
    }
}

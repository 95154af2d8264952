//! Reads a ledger: a CSV file with one row per line of an invoice.
//!
//! Knows what a well-formed row is, and nothing of what an order may hold: that is the domain's. The whole file is in
//! memory, so that its encoding is judged by all of it and an invoice is one piece however its rows are spread.

mod lines;
mod row;
mod text;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use lines::Lines;
pub use row::{BadRow, Row};

use crate::domain::InvoiceNo;

const COLUMNS: [&str; 8] = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
];

/// What a file says.
#[derive(Debug)]
pub struct Ledger {
    /// The invoices, in the order of their first rows.
    pub invoices: Vec<Invoice>,
    /// The rows that cannot be read.
    pub malformed: Vec<Rejected>,
    /// How many rows there are, well-formed or not, without the header.
    pub rows: usize,
    /// The name of the encoding that the file turned out to be in.
    pub encoding: &'static str,
}

/// The well-formed rows of one invoice.
#[derive(Debug)]
pub struct Invoice {
    /// Its number.
    pub number: InvoiceNo,
    /// At least one row, in the order of the file.
    pub rows: Vec<Row>,
}

/// A row that was not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Rejected {
    /// The line of the file that it starts on; the header is line 1.
    pub line: u64,
    /// Why, for people.
    pub reason: String,
}

/// Why a file is not a ledger. A bad row is none of these: it is reported in [`Ledger::malformed`].
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The first line is not the header of a ledger.
    #[error(
        "`{}` is not a ledger: a ledger is a CSV file that starts with the line `{}`",
        path.display(),
        COLUMNS.join(",")
    )]
    NotALedger {
        /// Which file.
        path: PathBuf,
    },
}

impl Ledger {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or does not start with the header of a ledger.
    pub fn read(path: &Path) -> Result<Self, LedgerError> {
        let bytes = std::fs::read(path).map_err(|source| LedgerError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&bytes).ok_or_else(|| LedgerError::NotALedger {
            path: path.to_owned(),
        })
    }

    /// Reads the bytes of a file; `None` when they do not start with the header of a ledger.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (text, encoding) = text::decode(bytes);
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(text.as_bytes());
        let header = reader.headers().ok()?;
        if !header.iter().map(str::trim).eq(COLUMNS) {
            return None;
        }
        let mut ledger = Self {
            invoices: Vec::new(),
            malformed: Vec::new(),
            rows: 0,
            encoding,
        };
        let mut places = HashMap::new();
        let mut lines = Lines::of(&text);
        let mut record = csv::StringRecord::new();
        loop {
            let line = lines.of_record_at(reader.position());
            match reader.read_record(&mut record) {
                Ok(false) => break,
                Ok(true) => ledger.add(&record, line, &mut places),
                Err(_) => ledger.reject(line, &BadRow::NotCsv),
            }
            ledger.rows += 1;
        }
        ledger.invoices.retain(|invoice| !invoice.rows.is_empty());
        Some(ledger)
    }

    /// A row is numbered within its invoice whether it is well-formed or not, so that mending one does not renumber
    /// those behind it.
    fn add(&mut self, record: &csv::StringRecord, line: u64, places: &mut HashMap<String, Place>) {
        let number = match row::filled(record, 0) {
            Ok(number) => number,
            Err(bad) => return self.reject(line, &bad),
        };
        let place = places.entry(number.to_owned()).or_insert_with(|| {
            self.invoices.push(Invoice {
                number: InvoiceNo(number.to_owned()),
                rows: Vec::new(),
            });
            Place {
                invoice: self.invoices.len() - 1,
                rows: 0,
            }
        });
        place.rows += 1;
        match Row::read(record, line, place.rows) {
            Ok(row) => self.invoices[place.invoice].rows.push(row),
            Err(bad) => self.reject(line, &bad),
        }
    }

    fn reject(&mut self, line: u64, bad: &BadRow) {
        self.malformed.push(Rejected {
            line,
            reason: bad.to_string(),
        });
    }
}

struct Place {
    invoice: usize,
    rows: u32,
}

use chrono::NaiveDateTime;
use csv::StringRecord;
use rust_decimal::Decimal;

use super::COLUMNS;

/// The longest field, in bytes of UTF-8.
const LONGEST: usize = 1_000;

/// A well-formed row: a line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line of the file that it starts on.
    pub line: u64,
    /// Its place among the rows of its invoice, counted from 1.
    pub number: u32,
    /// The article's code.
    pub sku: String,
    /// What the article is called; may be empty.
    pub description: String,
    /// How many pieces.
    pub quantity: i64,
    /// The shop's local time.
    pub date: NaiveDateTime,
    /// What one piece costs, in pounds.
    pub unit_price: Decimal,
    /// The customer's number, when there is one.
    pub customer: Option<String>,
    /// Where the customer lives.
    pub country: String,
}

/// Why a row cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRow {
    /// The reader of CSV gives up on it.
    #[error("this is not CSV")]
    NotCsv,
    /// It was cut off, or a comma is too many.
    #[error("{found} fields where {} were expected", COLUMNS.len())]
    WrongLength {
        /// How many fields it has.
        found: usize,
    },
    /// A field that must say something says nothing.
    #[error("{column} is empty")]
    Empty {
        /// Which field.
        column: &'static str,
    },
    /// A field that is no field of a ledger, as after a quote that is never closed.
    #[error("{column} is longer than {LONGEST} bytes")]
    TooLong {
        /// Which field.
        column: &'static str,
    },
    /// A field holds a NUL character, which PostgreSQL cannot keep.
    #[error("{column} holds a NUL character")]
    Nul {
        /// Which field.
        column: &'static str,
    },
    /// The quantity is not a whole number.
    #[error("Quantity `{text}` is not a whole number")]
    Quantity {
        /// What it is.
        text: String,
    },
    /// The date is not one.
    #[error("InvoiceDate `{text}` is not a date like 31/12/2010 16:05")]
    Date {
        /// What it is.
        text: String,
    },
    /// The price is not a decimal number.
    #[error("UnitPrice `{text}` is not a decimal number like 2.55")]
    Price {
        /// What it is.
        text: String,
    },
}

impl Row {
    pub(super) fn read(record: &StringRecord, line: u64, number: u32) -> Result<Self, BadRow> {
        if record.len() != COLUMNS.len() {
            return Err(BadRow::WrongLength {
                found: record.len(),
            });
        }
        let text = |text: &str| text.chars().take(40).collect::<String>();
        let (quantity, date, price) = (filled(record, 3)?, filled(record, 4)?, filled(record, 5)?);
        Ok(Self {
            line,
            number,
            sku: filled(record, 1)?.to_owned(),
            description: field(record, 2)?.to_owned(),
            quantity: quantity.parse().map_err(|_| BadRow::Quantity {
                text: text(quantity),
            })?,
            date: NaiveDateTime::parse_from_str(date, "%d/%m/%Y %H:%M")
                .map_err(|_| BadRow::Date { text: text(date) })?,
            unit_price: Decimal::from_str_exact(price)
                .map_err(|_| BadRow::Price { text: text(price) })?,
            customer: Some(field(record, 6)?)
                .filter(|text| !text.is_empty())
                .map(str::to_owned),
            country: filled(record, 7)?.to_owned(),
        })
    }
}

pub(super) fn filled(record: &StringRecord, index: usize) -> Result<&str, BadRow> {
    match field(record, index)? {
        "" => Err(BadRow::Empty {
            column: COLUMNS[index],
        }),
        text => Ok(text),
    }
}

fn field(record: &StringRecord, index: usize) -> Result<&str, BadRow> {
    let text = record.get(index).unwrap_or_default().trim();
    let column = COLUMNS[index];
    if text.len() > LONGEST {
        return Err(BadRow::TooLong { column });
    }
    if text.contains('\0') {
        return Err(BadRow::Nul { column });
    }
    Ok(text)
}

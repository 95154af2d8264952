//! Sends a ledger to the domain: many invoices at a time, one commit for each.
//!
//! **Delivery.** An invoice is recorded whole or not at all, and a row that is recorded already gives no event: an import
//! that was stopped at any moment, or done before, is simply run again.

use futures_util::stream::{self, StreamExt, TryStreamExt};
use mink::Mink;
use mink::bus::DispatchError;
use mink::storage::CommitError;
use serde::Serialize;

use crate::domain::{AddLine, InvoiceNo, LineAdded, Order, OrderError, OrderPlaced, PlaceOrder};
use crate::ledger::{Invoice, Ledger, Rejected, Row};

/// Commits that wait at the same time share a flush to disk.
const INVOICES_AT_A_TIME: usize = 64;

/// Keeps a monstrous invoice below the most events that one commit may hold. Each part is recorded whole.
const ROWS_IN_A_COMMIT: usize = 5_000;

/// What an import did. Only what was written by it counts: importing a file a second time gives no orders, lines or
/// events.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// The rows that the file holds.
    pub rows: usize,
    /// The orders that were placed.
    pub orders: usize,
    /// The lines that were added.
    pub lines: usize,
    /// The events that were written.
    pub events: usize,
    /// The rows that were not taken, by line.
    pub rejected: Vec<Rejected>,
}

/// Imports a ledger. `progress` hears the number of rows each time some are done with.
///
/// # Errors
/// The store's. A row that cannot be read or that the domain refuses is no error: it is in [`Imported::rejected`].
pub async fn import(
    app: &Mink,
    ledger: Ledger,
    progress: impl Fn(usize),
) -> mink::Result<Imported> {
    let mut imported = Imported {
        rows: ledger.rows,
        rejected: ledger.malformed,
        ..Imported::default()
    };
    progress(imported.rejected.len());
    let recorded = stream::iter(ledger.invoices)
        .map(|invoice| tokio::spawn(record(app.clone(), invoice)))
        .buffer_unordered(INVOICES_AT_A_TIME)
        .map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())));
    let mut recorded = std::pin::pin!(recorded);
    while let Some(invoice) = recorded.try_next().await? {
        progress(invoice.rows);
        imported.orders += invoice.orders;
        imported.lines += invoice.lines;
        imported.events += invoice.events;
        imported.rejected.extend(invoice.rejected);
    }
    imported.rejected.sort_by_key(|rejected| rejected.line);
    Ok(imported)
}

async fn record(app: Mink, invoice: Invoice) -> mink::Result<Imported> {
    let mut done = Imported::default();
    for rows in invoice.rows.chunks(ROWS_IN_A_COMMIT) {
        let part = loop {
            match record_rows(&app, &invoice, rows).await {
                Err(mink::Error::Commit(CommitError::Conflict(_))) => {
                    // somebody else imports this invoice too: see what is left to do
                }
                part => break part?,
            }
        };
        done.rows += part.rows;
        done.orders += part.orders;
        done.lines += part.lines;
        done.events += part.events;
        done.rejected.extend(part.rejected);
    }
    Ok(done)
}

async fn record_rows(app: &Mink, invoice: &Invoice, rows: &[Row]) -> mink::Result<Imported> {
    let mut order = app.session::<Order>(&invoice.number).await?;
    let mut rejected = Vec::new();
    let not_placed = match invoice.rows.first() {
        Some(first) => refusal(order.execute(place(&invoice.number, first)).await)?,
        None => None,
    };
    for row in rows {
        let refused = match &not_placed {
            Some(refused) => Some(refused.clone()),
            None => refusal(order.execute(add_line(&invoice.number, row)).await)?,
        };
        rejected.extend(refused.map(|refused| Rejected {
            line: row.line,
            reason: refused.to_string(),
        }));
    }
    let written = order.commit().await?;
    Ok(Imported {
        rows: rows.len(),
        orders: written.events().of_type::<OrderPlaced>().count(),
        lines: written.events().of_type::<LineAdded>().count(),
        events: written.events().len(),
        rejected,
    })
}

/// The domain's refusal of one command, apart from errors that stop the import.
fn refusal(decided: Result<usize, DispatchError<OrderError>>) -> mink::Result<Option<OrderError>> {
    match decided {
        Ok(_) => Ok(None),
        Err(DispatchError::Rejected(refused)) => Ok(Some(refused)),
        Err(error) => Err(error.into()),
    }
}

fn place(invoice: &InvoiceNo, first: &Row) -> PlaceOrder {
    PlaceOrder {
        invoice: invoice.clone(),
        country: first.country.clone(),
        customer: first.customer.clone(),
        placed_at: first.date,
    }
}

fn add_line(invoice: &InvoiceNo, row: &Row) -> AddLine {
    AddLine {
        invoice: invoice.clone(),
        number: row.number,
        sku: row.sku.clone(),
        description: row.description.clone(),
        quantity: row.quantity,
        unit_price: row.unit_price,
    }
}

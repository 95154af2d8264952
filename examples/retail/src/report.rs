//! Folds the feed into orders, lines and net revenue per country.

use std::collections::HashMap;
use std::pin::pin;

use futures_util::TryStreamExt;
use mink::Mink;
use mink::id::StreamId;
use mink::pipeline::decode;
use mink::storage::RecordedEvent;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Serialize, Serializer};

use crate::domain::{LineAdded, OrderPlaced};

/// What was sold, less what came back.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The revenue of all countries, in pounds.
    #[serde(serialize_with = "two_places")]
    pub total: Decimal,
    /// The largest revenue first; equal revenues by name.
    pub countries: Vec<Country>,
}

/// One country's share.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Country {
    /// Its name, as the ledger has it.
    pub country: String,
    /// How many invoices, credit notes among them.
    pub orders: u64,
    /// How many lines.
    pub lines: u64,
    /// In pounds.
    #[serde(serialize_with = "two_places")]
    pub revenue: Decimal,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The feed cannot be read.
    #[error(transparent)]
    Store(#[from] mink::Error),
    /// The sum overflows.
    #[error("the revenue of {country} is too large to be counted")]
    TooLarge {
        /// Of which country.
        country: String,
    },
    /// A line in a stream that no order was placed in.
    #[error("`{stream}` has a line and was never placed: it was not written by an import")]
    NotPlaced {
        /// Which stream.
        stream: StreamId,
    },
}

/// Reads the whole feed.
///
/// # Errors
/// The store's; an event that cannot be read; a sum that is too large.
pub async fn report(app: &Mink) -> Result<Report, ReportError> {
    let feed = app
        .feed()
        .of_type::<OrderPlaced>()
        .of_type::<LineAdded>()
        .read();
    let mut feed = pin!(feed);
    let mut fold = Fold::default();
    while let Some(next) = feed.try_next().await.map_err(mink::Error::from)? {
        fold.add(&next.event)?;
    }
    fold.finish()
}

#[derive(Default)]
struct Fold {
    countries: Vec<Country>,
    by_name: HashMap<String, usize>,
    by_order: HashMap<StreamId, usize>,
}

impl Fold {
    fn add(&mut self, event: &RecordedEvent) -> Result<(), ReportError> {
        match &*event.event_type {
            <OrderPlaced as mink::event::Event>::NAME => {
                let placed: OrderPlaced = decode(event).map_err(mink::Error::from)?;
                let index = self.country(placed.country);
                self.countries[index].orders += 1;
                self.by_order.insert(event.stream.clone(), index);
            }
            _ => {
                let line: LineAdded = decode(event).map_err(mink::Error::from)?;
                let index =
                    *self
                        .by_order
                        .get(&event.stream)
                        .ok_or_else(|| ReportError::NotPlaced {
                            stream: event.stream.clone(),
                        })?;
                let country = &mut self.countries[index];
                country.lines += 1;
                country.revenue = line
                    .amount()
                    .and_then(|amount| country.revenue.checked_add(amount))
                    .ok_or_else(|| ReportError::TooLarge {
                        country: country.country.clone(),
                    })?;
            }
        }
        Ok(())
    }

    fn country(&mut self, name: String) -> usize {
        *self.by_name.entry(name).or_insert_with_key(|name| {
            self.countries.push(Country {
                country: name.clone(),
                orders: 0,
                lines: 0,
                revenue: Decimal::ZERO,
            });
            self.countries.len() - 1
        })
    }

    fn finish(mut self) -> Result<Report, ReportError> {
        let mut total = Decimal::ZERO;
        for country in &self.countries {
            total = total
                .checked_add(country.revenue)
                .ok_or_else(|| ReportError::TooLarge {
                    country: "all countries".to_owned(),
                })?;
        }
        self.countries
            .sort_by(|a, b| (b.revenue.cmp(&a.revenue)).then_with(|| a.country.cmp(&b.country)));
        Ok(Report {
            total,
            countries: self.countries,
        })
    }
}

/// Rounded at the very end, and half a penny away from zero, as on a bill.
#[must_use]
pub fn pounds(amount: Decimal) -> String {
    let rounded = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    // a revenue of less than half a penny below zero is nothing, not minus nothing
    let rounded = if rounded.is_zero() {
        Decimal::ZERO
    } else {
        rounded
    };
    format!("{rounded:.2}")
}

fn two_places<S: Serializer>(amount: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&pounds(*amount))
}

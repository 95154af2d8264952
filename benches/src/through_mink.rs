//! Mink, as an application uses it.

use anyhow::Result;
use futures_util::TryStreamExt;
use mink::prelude::*;

use crate::domain::{LineAdded, Order};
use crate::side::{Appends, Reads};

impl Appends for Mink {
    async fn append(&self, order: u64, expected: u64, lines: Vec<LineAdded>) -> Result<()> {
        let expected = ExpectedVersion::Exact(expected);
        self.append::<Order>(order, expected, lines).await?;
        Ok(())
    }
}

impl Reads for Mink {
    async fn load(&self, order: u64) -> Result<Order> {
        Ok(self.load::<Order>(order).await?.into_state())
    }

    async fn scan(&self) -> Result<u64> {
        let events = self.feed().read();
        let count = events.try_fold(0, |count, _| std::future::ready(Ok(count + 1)));
        Ok(count.await?)
    }
}

//! An import that is killed at any moment and run again gives the same figures.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use mink::Mink;
use serde_json::{Value, json};

use crate::program::{File, import, program, report};

const ROWS: u64 = 12_000;

/// A ledger made up from a seed, and what is in it, reckoned without the program.
pub(crate) struct Shop {
    pub(crate) csv: String,
    events_of_streams: BTreeMap<String, u64>,
    report: Value,
}

impl Shop {
    pub(crate) fn invent() -> Self {
        let mut dice = Dice(0x6d69_6e6b);
        let mut csv = String::from(
            "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n",
        );
        let mut events_of_streams = BTreeMap::new();
        let mut sums: BTreeMap<&str, (u64, u64, i64)> = BTreeMap::new();
        let (mut invoice, mut rows) = (700_000, 0);
        while rows < ROWS {
            invoice += 1;
            let country = ["Norway", "Portugal", "EIRE"][dice.below(3) as usize];
            let sum = sums.entry(country).or_default();
            let size = 1 + dice.below(40);
            let mut lines = 0;
            for _ in 0..size {
                let quantity = dice.below(14) as i64 - 1;
                let pence = dice.below(2_000) as i64;
                let (whole, part) = (pence / 100, pence % 100);
                writeln!(
                    csv,
                    "{invoice},JUG,SPOTTED JUG,{quantity},03/02/2011 10:00,{whole}.{part:02},,{country}"
                )
                .unwrap();
                if quantity > 0 {
                    lines += 1;
                    sum.2 += quantity * pence;
                }
            }
            sum.0 += 1;
            sum.1 += lines;
            rows += size;
            events_of_streams.insert(format!("Order-{invoice}"), 1 + lines);
        }
        Self {
            csv,
            events_of_streams,
            report: report_of(sums),
        }
    }

    fn events(&self) -> u64 {
        self.events_of_streams.values().sum()
    }

    /// Every invoice in the store is there whole. Tells how many events there are.
    async fn whole_invoices(&self, store: &str) -> u64 {
        let app = Mink::open(store).await.unwrap();
        let feed: Vec<_> = app.feed().read().try_collect().await.unwrap();
        app.shutdown().await.unwrap();
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        for event in &feed {
            *found.entry(event.event.stream.to_string()).or_default() += 1;
        }
        for (stream, events) in &found {
            assert_eq!(
                Some(events),
                self.events_of_streams.get(stream),
                "{stream} is there in part"
            );
        }
        feed.len() as u64
    }
}

fn report_of(sums: BTreeMap<&str, (u64, u64, i64)>) -> Value {
    let pounds = |pence: i64| format!("{}.{:02}", pence / 100, pence % 100);
    let total = sums.values().map(|sum| sum.2).sum();
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.2));
    let countries: Vec<_> = sums
        .into_iter()
        .map(|(country, (orders, lines, pence))| {
            json!({ "country": country, "orders": orders, "lines": lines, "revenue": pounds(pence) })
        })
        .collect();
    json!({ "total": pounds(total), "countries": countries })
}

/// Imports without being disturbed. Tells how long that takes.
pub(crate) fn undisturbed(shop: &Shop, ledger: &Path, store: &str) -> Duration {
    let start = Instant::now();
    let imported = import(ledger, store);
    let took = start.elapsed();
    assert_eq!(imported["events"], shop.events());
    assert_eq!(report(store), shop.report);
    took
}

/// Kills the import three times, each at a random moment of the time that it takes, and lets it finish. Tells how many
/// kills came when some was done and some was not.
pub(crate) async fn killed_and_run_again(
    shop: &Shop,
    ledger: &Path,
    store: &str,
    takes: Duration,
) -> u64 {
    let mut in_the_middle = 0;
    let mut before = 0;
    for _ in 0..3 {
        let moment = takes.mul_f64(uuid::Uuid::new_v4().as_u128() as u32 as f64 / u32::MAX as f64);
        let mut running: tokio::process::Command = program().into();
        running.arg("import").arg(ledger).args(["--store", store]);
        running.stdout(std::process::Stdio::null());
        let mut running = running.spawn().unwrap();
        let done = tokio::time::timeout(moment, running.wait()).await;
        // SIGKILL
        running.kill().await.unwrap();
        let events = shop.whole_invoices(store).await;
        assert!(events >= before, "nothing that was recorded is lost");
        in_the_middle += u64::from(done.is_err() && before < events && events < shop.events());
        before = events;
    }
    import(ledger, store);
    assert_eq!(shop.whole_invoices(store).await, shop.events());
    assert_eq!(import(ledger, store)["events"], 0);
    assert_eq!(report(store), shop.report);
    in_the_middle
}

#[tokio::test]
async fn an_import_into_sqlite_that_is_killed_and_run_again_gives_the_same_figures() {
    let shop = Shop::invent();
    let here = File::new();
    let ledger = here.path("ledger.csv");
    std::fs::write(&ledger, &shop.csv).unwrap();
    let takes = undisturbed(&shop, &ledger, &here.store());
    let mut in_the_middle = 0;
    for round in 0..20 {
        let store = format!("sqlite://{}", here.path(&format!("{round}.db")).display());
        in_the_middle += killed_and_run_again(&shop, &ledger, &store, takes).await;
        if in_the_middle >= 5 {
            break;
        }
    }
    println!("{in_the_middle} kills in the middle of an import");
    assert!(
        in_the_middle >= 5,
        "{in_the_middle} kills hit the import at work"
    );
}

/// Multiplies and shifts, the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = (self.0)
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

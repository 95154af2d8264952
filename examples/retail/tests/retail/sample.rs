//! The figures of the example's own ledger.

use futures_util::TryStreamExt;
use mink::Mink;
use retail::domain::{LineAdded, Order};
use serde_json::{Value, json};

use crate::program::{File, import, report, sample};

pub(crate) fn expected_import() -> Value {
    let rejected: Vec<_> = [
        (
            28,
            "quantity -12 on an ordinary invoice, which takes only quantities above zero",
        ),
        (
            109,
            "quantity -2 on an ordinary invoice, which takes only quantities above zero",
        ),
        (
            114,
            "quantity -40 on an ordinary invoice, which takes only quantities above zero",
        ),
        (
            136,
            "quantity 3 on a credit note, which takes only quantities below zero",
        ),
        (
            142,
            "quantity 0 on an ordinary invoice, which takes only quantities above zero",
        ),
        (
            150,
            "quantity -4 on an ordinary invoice, which takes only quantities above zero",
        ),
        (155, "UnitPrice `two` is not a decimal number like 2.55"),
        (
            172,
            "InvoiceDate `31/02/2011 10:00` is not a date like 31/12/2010 16:05",
        ),
        (
            176,
            "quantity -36 on an ordinary invoice, which takes only quantities above zero",
        ),
        (201, "3 fields where 8 were expected"),
    ]
    .into_iter()
    .map(|(line, reason)| json!({ "line": line, "reason": reason }))
    .collect();
    json!({ "rows": 200, "orders": 32, "lines": 190, "events": 222, "rejected": rejected })
}

pub(crate) fn expected_report() -> Value {
    json!({
        "total": "7234.02",
        "countries": [
            { "country": "United Kingdom", "orders": 22, "lines": 140, "revenue": "4879.50" },
            { "country": "Germany", "orders": 7, "lines": 36, "revenue": "1603.62" },
            { "country": "France", "orders": 2, "lines": 12, "revenue": "609.30" },
            { "country": "EIRE", "orders": 1, "lines": 2, "revenue": "141.60" },
        ],
    })
}

/// Imports the sample twice and reports.
pub(crate) fn the_figures_hold(store: &str) {
    assert_eq!(import(&sample(), store), expected_import());
    let mut again = expected_import();
    for written in ["orders", "lines", "events"] {
        again[written] = json!(0);
    }
    assert_eq!(import(&sample(), store), again, "nothing is recorded twice");
    assert_eq!(report(store), expected_report());
}

#[test]
fn the_sample_gives_its_figures_once_however_often_it_is_imported() {
    the_figures_hold(&File::new().store());
}

#[tokio::test]
async fn a_pound_sign_in_latin_1_reaches_the_event() {
    let here = File::new();
    import(&sample(), &here.store());
    let app = Mink::open(&here.store()).await.unwrap();
    let lines: Vec<_> = app
        .feed()
        .of_type::<LineAdded>()
        .read()
        .try_collect()
        .await
        .unwrap();
    let signs = lines
        .iter()
        .map(|line| mink::pipeline::decode::<LineAdded>(&line.event).unwrap())
        .filter(|line| line.sku == "TN-221");
    let mut found = 0;
    for line in signs {
        assert_eq!(line.description, "TIN MONEY BOX £ SIGN");
        found += 1;
    }
    assert!(found > 0);
}

#[tokio::test]
async fn identical_rows_are_lines_of_their_own_and_an_invoice_is_a_stream() {
    let here = File::new();
    import(&sample(), &here.store());
    let app = Mink::open(&here.store()).await.unwrap();
    let stream = app.stream_of::<Order>("900104").unwrap();
    assert_eq!(stream.as_str(), "Order-900104");
    let pencils = app
        .read_stream(&stream)
        .try_filter(|event| {
            let twin = event.payload.windows(7).any(|part| part == b"PENCILS");
            std::future::ready(twin)
        })
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    assert_eq!(pencils.len(), 3);
}

#[test]
fn the_same_rows_on_an_invoice_that_changed_are_refused_and_not_added() {
    let here = File::new();
    import(&sample(), &here.store());
    let changed = here.path("changed.csv");
    let bytes = std::fs::read(sample()).unwrap();
    let mut lines: Vec<_> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    lines.remove(2);
    std::fs::write(&changed, lines.concat()).unwrap();
    let answer = import(&changed, &here.store());
    // its second row is gone: what was recorded stays
    assert_eq!(answer["events"], 0);
    lines.swap(2, 3);
    std::fs::write(&changed, lines.concat()).unwrap();
    let answer = import(&changed, &here.store());
    assert_eq!(answer["events"], 0);
    assert!(
        answer
            .to_string()
            .contains("already recorded, as another line")
    );
    assert_eq!(report(&here.store()), expected_report());
}

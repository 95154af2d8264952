//! The figures of a real shop's ledger, where there is one beside the project.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::{File, import, report};
use crate::sample;

fn ledger() -> Option<PathBuf> {
    let beside =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/online-retail.csv");
    beside.exists().then_some(beside)
}

pub(crate) fn the_figures_hold(store: &str) {
    let Some(ledger) = ledger() else {
        println!("there is no ../shared/data/online-retail.csv: this ran on the sample instead");
        return sample::the_figures_hold(store);
    };
    let first = import(&ledger, store);
    assert_eq!(figures(&first), [39_530, 1_893, 39_460, 41_353]);
    let rejected = first["rejected"].as_array().unwrap();
    let for_the_sign = rejected
        .iter()
        .filter(|row| row["reason"].as_str().unwrap().starts_with("quantity -"));
    assert_eq!((rejected.len(), for_the_sign.count()), (70, 69));
    assert_eq!(
        rejected[69],
        serde_json::json!({ "line": 39_531, "reason": "3 fields where 8 were expected" })
    );
    let second = import(&ledger, store);
    assert_eq!(figures(&second), [39_530, 0, 0, 0]);
    assert_eq!(second["rejected"], first["rejected"]);

    let report = report(store);
    assert_eq!(report["total"], "681528.61");
    let countries = report["countries"].as_array().unwrap();
    let largest: Vec<_> = countries
        .iter()
        .take(5)
        .map(|row| {
            (
                row["country"].as_str().unwrap(),
                row["revenue"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        largest,
        [
            ("United Kingdom", "621760.91"),
            ("Germany", "13228.24"),
            ("France", "9243.68"),
            ("EIRE", "7992.80"),
            ("Japan", "7705.07"),
        ]
    );
    let sum = |column: &str| {
        countries
            .iter()
            .filter_map(|row| row[column].as_u64())
            .sum::<u64>()
    };
    assert_eq!((sum("orders"), sum("lines")), (1_893, 39_460));
}

fn figures(imported: &Value) -> [u64; 4] {
    ["rows", "orders", "lines", "events"].map(|name| imported[name].as_u64().unwrap())
}

#[test]
fn a_real_year_end_gives_its_figures_on_sqlite() {
    the_figures_hold(&File::new().store());
}

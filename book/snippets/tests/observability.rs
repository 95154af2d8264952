//! Metrics and traces.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the book says it, and shows it as in a library"
)]

mod support;

use mink::prelude::*;

#[event]
pub struct StockReceived {
    pub pieces: u32,
}

#[command(id = "sku")]
pub struct ReceiveStock {
    pub sku: String,
    pub pieces: u32,
}

#[derive(Aggregate, Default)]
pub struct Stock {
    pieces: u32,
}

#[handlers]
impl Stock {
    fn receive(&self, command: ReceiveStock) -> StockReceived {
        StockReceived {
            pieces: command.pieces,
        }
    }
    fn received(&mut self, event: &StockReceived) {
        self.pieces += event.pieces;
    }
}

fn receive(pieces: u32) -> ReceiveStock {
    ReceiveStock {
        sku: "tea".into(),
        pieces,
    }
}

#[tokio::test]
async fn metrics_are_rendered_for_prometheus() {
    // ANCHOR: metrics
    use metrics_exporter_prometheus::PrometheusBuilder;

    // first: an application looks for the recorder when it is opened
    let metrics = PrometheusBuilder::new().install_recorder().unwrap();
    let app = Mink::builder()
        .url("memory://")
        .service_name("shop")
        .open()
        .await
        .unwrap();
    app.dispatch(receive(5)).await.unwrap();

    app.health().await; // sets the gauges
    let text = metrics.render();
    let appended = r#"mink_events_appended_total{service="shop",event_type="StockReceived"} 1"#;
    assert!(text.contains(appended));
    // ANCHOR_END: metrics
    let page = std::fs::read_to_string(support::book("src/observability.md")).unwrap();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let name = line.split(' ').next().unwrap();
        assert!(
            page.contains(&format!("`{name}`")),
            "{name} is not on the page"
        );
    }
}

#[test]
fn every_attribute_of_a_span_is_on_the_page() {
    let page = std::fs::read_to_string(support::book("src/observability.md")).unwrap();
    let source = support::book("../mink-runtime/src/observe/spans.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let attributes: Vec<_> = source
        .lines()
        .filter_map(|line| line.trim().split_once(" = "))
        .map(|(name, _)| name)
        .filter(|name| name.starts_with("mink."))
        .collect();
    assert!(attributes.len() > 10);
    for name in attributes {
        assert!(
            page.contains(&format!("`{name}`")),
            "{name} is not on the page"
        );
    }
}
